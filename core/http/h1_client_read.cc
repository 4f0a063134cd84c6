// What an HTTP/1.1 client session does with the bytes of its origin.
#include <algorithm>
#include <utility>

#include "core/http/h1_client_session.h"

namespace core {
void H1Client::on_readable() {
  may_have_input_ = true;
  reads_.renew();
  read_on();
  if (state_ != State::closed) loop_.at_turn_end(*this);
}

bool H1Client::wants_bytes() const {
  switch (state_) {
    case State::idle:
    case State::head:
      return true;
    case State::body:
    case State::tunnel:
      return is_receiving_;
    case State::answered:
    case State::closed:
      return false;
  }
  return false;
}

void H1Client::read_on() {
  if (is_reading_ || state_ == State::closed) return;
  is_reading_ = true;
  while (wants_bytes()) {
    if (storage_ != nullptr && !storage_->unread.empty()) {
      take_unread();
      continue;
    }
    if (!may_have_input_) break;
    // What stands behind an answer is read before the next request leaves: later it would be taken for the
    // answer to that. One more read tells, and ends the connection or this loop.
    if (!reads_.take() && was_asked()) {
      next_turn_.arm(Duration::zero());
      break;
    }
    read_once();
  }
  is_reading_ = false;
}

/// Whether anything of a request has left that was not answered yet.
bool H1Client::was_asked() const {
  return state_ != State::idle && output_.written() != written_before_;
}

void H1Client::read_once() {
  const ReadLease lease;
  const std::size_t most = handler_ == nullptr ? kMostBodyAtOnce : handler_->room();
  const ReadOutcome outcome = stream_->read(lease.bytes().first(std::min(most, lease.bytes().size())));
  if (outcome.state == ReadOutcome::State::bytes) return consume(lease.bytes().first(outcome.count));
  may_have_input_ = false;
  if (outcome.state == ReadOutcome::State::end) origin_ended();
  if (outcome.state == ReadOutcome::State::failed) connection_broke();
}

void H1Client::take_unread() {
  const ReadLease lease;
  std::string& unread = storage_->unread;
  const std::span<char> bytes = lease.bytes().first(unread.copy(lease.bytes().data(), lease.bytes().size()));
  unread.erase(0, bytes.size());
  consume(bytes);
}

void H1Client::consume(std::span<char> bytes) {
  // Bytes that nobody asked for: an answer to a request that was not sent must never meet the next one (RFC
  // 9112 section 11.2).
  if (!was_asked()) return fail(ErrorKind::malformed, "bytes from the origin before any request");
  was_answered_ = true;
  while (!bytes.empty() && wants_bytes()) bytes = bytes.subspan(take(bytes));
  if (state_ == State::answered) return end_exchange(bytes.empty() ? after_ : AfterResponse::close);
  if (!bytes.empty() && state_ != State::closed) storage_->unread.assign(bytes.data(), bytes.size());
}

/// Takes some of `bytes`, at least one, and says how many.
std::size_t H1Client::take(std::span<char> bytes) {
  if (state_ == State::head) return take_head(bytes);
  if (state_ == State::body) return take_body(bytes);
  handler_->on_response_body({bytes.data(), bytes.size()});
  return bytes.size();
}

std::size_t H1Client::take_head(std::span<char> bytes) {
  if (!scanner_.has_begun()) storage_->head.clear();
  const HeadScanner::Limits limits{limits_.header_bytes, limits_.header_bytes};
  const HeadScanner::Step step = scanner_.scan({bytes.data(), bytes.size()}, limits, storage_->head);
  if (step.state == HeadScanner::State::refused) {
    const bool is_too_large = step.refusal.status != 400;
    fail(is_too_large ? ErrorKind::too_large : ErrorKind::malformed, step.refusal.reason);
    return bytes.size();
  }
  if (step.state == HeadScanner::State::complete) {
    scanner_.reset();
    take_complete_head();
  }
  return step.used;
}

void H1Client::take_complete_head() {
  ResponseHead& head = storage_->response;
  Fields fields = std::move(head.fields);
  fields.clear();
  head = ResponseHead();
  head.fields = std::move(fields);
  const ParsedResponse parsed = parse_response_head(storage_->head, limits_, response_to_, head);
  if (parsed.refusal.has_value()) return fail(ErrorKind::malformed, parsed.refusal->reason);
  if (head.status == 101) return take_switch(parsed, head);
  if (head.status < 200) return take_interim(head);
  take_final(parsed, head);
}

void H1Client::take_interim(ResponseHead& head) {
  if (++interim_count_ > limits_.informational_count)
    return fail(ErrorKind::malformed, "too many interim responses");
  handler_->on_response_head(head);
}

void H1Client::take_switch(const ParsedResponse& parsed, ResponseHead& head) {
  const bool is_right = offer_ != nullptr && parsed.upgrades && head.version == HttpVersion::http11 &&
                        is_accepted_upgrade(*offer_, head.fields);
  if (!is_right) return fail(ErrorKind::malformed, "a 101 that was not asked for, or does not prove itself");
  state_ = State::tunnel;
  sent_body_.begin(BodyWriter::Framing::raw);
  handler_->on_response_head(head);
}

void H1Client::take_final(const ParsedResponse& parsed, ResponseHead& head) {
  const bool is_chunked = head.fields.has(FieldId::transfer_encoding);
  storage_->body.begin(parsed.follows,
                       is_chunked ? BodyReader::Coding::chunked : BodyReader::Coding::until_close);
  if (parsed.after == AfterResponse::close) after_ = AfterResponse::close;
  state_ = State::body;
  handler_->on_response_head(head);
  if (state_ == State::body && storage_->body.is_complete()) state_ = State::answered;
}

std::size_t H1Client::take_body(std::span<char> bytes) {
  const ChunkDecoder::Decoded decoded = storage_->body.read(bytes);
  if (decoded.state == ChunkDecoder::State::refused) {
    fail(ErrorKind::malformed, decoded.refusal.reason);
    return bytes.size();
  }
  if (!decoded.data.empty()) handler_->on_response_body(decoded.data);
  if (state_ == State::body && storage_->body.is_complete()) state_ = State::answered;
  return decoded.used;
}

void H1Client::origin_ended() {
  switch (state_) {
    case State::idle:
      return close();
    case State::head:
      return fail(ErrorKind::closed, "the origin closed the connection before its answer");
    case State::body:
      storage_->body.end_of_connection();
      if (storage_->body.is_complete()) return end_exchange(AfterResponse::close);
      return fail(ErrorKind::closed, "the origin closed the connection within its answer");
    case State::tunnel:
      if (std::exchange(origin_has_ended_, true)) return;
      return is_tunnel_over() ? end_exchange(AfterResponse::close) : handler_->on_half_end();
    case State::answered:
    case State::closed:
      return;
  }
}

bool H1Client::is_tunnel_over() const {
  return state_ == State::tunnel && origin_has_ended_ && sent_body_.is_complete() && !ends_our_side_ &&
         output_.is_empty();
}

void H1Client::connection_broke() {
  if (state_ == State::idle) return close();
  fail(ErrorKind::closed, "the connection to the origin broke");
}

}  // namespace core

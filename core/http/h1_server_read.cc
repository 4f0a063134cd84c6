// What an HTTP/1.1 server session does with the bytes of its client.
#include <utility>

#include "core/base/check.h"
#include "core/http/h1_parser.h"
#include "core/http/h1_server_session.h"

namespace core {
namespace {

/// As kMaxReadsPerTurn, for requests that are answered at once: one read can bring more than a thousand of
/// them.
constexpr int kMaxRequestsPerTurn = 32;

/// Room in the request line beside the target: the method, two blanks, the version, the line end.
constexpr std::size_t kRequestLineRest = kMaxMethodBytes + 12;

}  // namespace

void H1Server::on_readable() {
  may_have_input_ = true;
  // Has had its share of the turn before: goes on when next_turn_ fires.
  if (next_turn_.is_armed()) return;
  requests_left_ = kMaxRequestsPerTurn;
  reads_.renew();
  read_on();
  if (state_ != State::closed) loop_.at_turn_end(*this);
}

/// Whether the state takes bytes now. While output waits no next request is read, so that a client that sends
/// and never reads fills no memory.
bool H1Server::wants_bytes() const {
  switch (state_) {
    case State::idle:
    case State::head:
      return !output_.is_blocked();
    case State::exchange:
      return is_receiving_ && !storage_->body.is_complete();
    case State::tunnel:
      return is_receiving_;  // after the client's end it is a reset that there is to learn of
    case State::draining:
    case State::lingering:
      return true;
    case State::closing:
    case State::closed:
      return false;
  }
  return false;
}

/// Whether the next request has to wait until the others had their turn. Only an edge or next_turn_ brings a
/// new share, an answer does not: it would bring one for each request that is answered at once.
bool H1Server::has_had_its_turn() const {
  return requests_left_ == 0 && (state_ == State::idle || state_ == State::head);
}

/// Whether it reads only to learn that the client went away; bytes that come (pipelined requests) are kept.
bool H1Server::watches_for_end() const {
  return state_ == State::exchange && storage_->body.is_complete();
}

void H1Server::read_on() {
  if (is_reading_ || state_ == State::closed) return;
  is_reading_ = true;
  for (;;) {
    deliver_request_end();
    const bool has_unread = storage_ != nullptr && !storage_->unread.empty();
    if (has_unread ? !wants_bytes() : !(may_have_input_ && (wants_bytes() || watches_for_end()))) break;
    if (has_had_its_turn()) {
      next_turn_.arm(Duration::zero());
      break;
    }
    if (has_unread) {
      take_unread();
      continue;
    }
    if (!reads_.take()) {
      next_turn_.arm(Duration::zero());
      break;
    }
    read_once();
  }
  is_reading_ = false;
  send_continue_if_due();
}

void H1Server::read_once() {
  const ReadLease lease;
  const ReadOutcome outcome = stream_->read(lease.bytes());
  if (outcome.state == ReadOutcome::State::bytes) return consume(lease.bytes().first(outcome.count));
  may_have_input_ = false;
  if (outcome.state == ReadOutcome::State::end) {
    client_ended();
  } else if (outcome.state == ReadOutcome::State::failed) {
    fail({ErrorKind::closed, Side::client, "the client's connection broke"});
  }
}

void H1Server::take_unread() {
  const ReadLease lease;
  std::string& unread = storage_->unread;
  const std::span<char> bytes = lease.bytes().first(unread.copy(lease.bytes().data(), lease.bytes().size()));
  unread.erase(0, bytes.size());
  consume(bytes);
}

void H1Server::consume(std::span<char> bytes) {
  while (!bytes.empty() && wants_bytes() && !has_had_its_turn()) bytes = bytes.subspan(take(bytes));
  const bool goes_on = state_ != State::closing && state_ != State::lingering && state_ != State::closed;
  // In front of what a longer unread still holds; it is empty in all but odd cases.
  if (!bytes.empty() && goes_on) ensure_storage().unread.insert(0, bytes.data(), bytes.size());
}

/// Takes some of `bytes`, at least one, and says how many.
std::size_t H1Server::take(std::span<char> bytes) {
  switch (state_) {
    case State::idle:
    case State::head:
      return take_head(bytes);
    case State::exchange:
      return take_body(bytes);
    case State::tunnel:
      handler_->on_request_body({bytes.data(), bytes.size()});
      return bytes.size();
    case State::draining:
      return take_unwanted_body(bytes);
    default:
      return bytes.size();
  }
}

std::size_t H1Server::take_head(std::span<char> bytes) {
  MessageStorage& storage = ensure_storage();
  if (!scanner_.has_begun()) {
    storage.head.clear();
    storage.request.fields.clear();
  }
  const HeadScanner::Limits limits{limits_.header_bytes, limits_.uri_bytes + kRequestLineRest};
  const HeadScanner::Step step = scanner_.scan({bytes.data(), bytes.size()}, limits, storage.head);
  if (step.state == HeadScanner::State::refused) {
    refuse(step.refusal);
    return bytes.size();
  }
  if (step.state == HeadScanner::State::complete) {
    scanner_.reset();
    begin_exchange();
  } else if (state_ == State::idle) {
    state_ = State::head;
    timer_.arm(limits_.header_time);
  }
  return step.used;
}

void H1Server::begin_exchange() {
  MessageStorage& storage = *storage_;
  RequestHead& request = storage.request;
  Fields fields = std::move(request.fields);
  request = RequestHead();
  request.fields = std::move(fields);
  const std::optional<Refusal> refusal = parse_request_head(storage.head, limits_, request);
  if (refusal.has_value()) return refuse(*refusal);

  timer_.disarm();
  --requests_left_;
  state_ = State::exchange;
  answer_ = Answer::none;
  sent_body_.begin(BodyWriter::Framing::none);
  is_receiving_ = false;
  end_was_delivered_ = false;
  was_full_ = false;
  is_head_request_ = request.method == "HEAD";
  is_http10_ = request.version == HttpVersion::http10;
  const bool is_last = is_draining_ || is_http10_ || request.fields.list_has(FieldId::connection, "close");
  after_ = is_last ? After::close : After::keep;
  storage.body.begin(request.body, BodyReader::Coding::chunked);
  continue_is_due_ = request.expects_continue && !storage.body.is_complete();
  window_bytes_ = 0;
  was_paused_ = false;

  RequestHandler* handler = owner_.on_request(*this, request);
  if (!may_send()) return;
  CHECK(handler != nullptr);
  handler_ = handler;
}

void H1Server::deliver_request_end() {
  const bool is_due = state_ == State::exchange && handler_ != nullptr && is_receiving_ &&
                      !end_was_delivered_ && storage_->body.is_complete();
  if (!is_due) return;
  end_was_delivered_ = true;
  handler_->on_request_end(storage_->body.trailers());
}

std::size_t H1Server::take_body(std::span<char> bytes) {
  const ChunkDecoder::Decoded decoded = storage_->body.read(bytes);
  if (decoded.state == ChunkDecoder::State::refused) {
    break_off(400, {ErrorKind::malformed, Side::client, std::string(decoded.refusal.reason)});
    return bytes.size();
  }
  continue_is_due_ = false;
  window_bytes_ += decoded.used;
  if (decoded.state == ChunkDecoder::State::end) timer_.disarm();
  if (!decoded.data.empty()) handler_->on_request_body(decoded.data);
  deliver_request_end();
  return decoded.used;
}

std::size_t H1Server::take_unwanted_body(std::span<char> bytes) {
  const ChunkDecoder::Decoded decoded = storage_->body.read(bytes);
  if (decoded.state == ChunkDecoder::State::refused || decoded.used > drain_left_) {
    begin_closing();
    return bytes.size();
  }
  drain_left_ -= decoded.used;
  if (decoded.state == ChunkDecoder::State::end) become_idle();
  return decoded.used;
}

void H1Server::client_ended() {
  const bool was_told = std::exchange(client_has_ended_, true);
  switch (state_) {
    case State::idle:
    case State::head:
    case State::draining:
      return begin_closing();
    case State::exchange:
      return fail({ErrorKind::closed, Side::client, "the client went away"});
    case State::tunnel:
      if (!was_told) handler_->on_request_end(Fields());
      return;
    case State::lingering:
      return close();
    case State::closing:
    case State::closed:
      return;
  }
}

}  // namespace core

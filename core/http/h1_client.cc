// The sending half of an HTTP/1.1 client session, and how its exchanges end.
#include "core/http/h1_client.h"

#include <utility>

#include "core/base/check.h"
#include "core/http/h1_client_session.h"
#include "core/http/h1_writer.h"

namespace core {
namespace {

BodyWriter::Framing framing_of(const BodyLength& body) {
  if (body.kind == BodyLength::Kind::unknown) return BodyWriter::Framing::chunked;
  const bool has_length = body.kind == BodyLength::Kind::known && body.bytes != 0;
  return has_length ? BodyWriter::Framing::length : BodyWriter::Framing::none;
}

}  // namespace

std::unique_ptr<ClientSession> make_h1_client(Loop& loop, std::unique_ptr<ByteStream> stream,
                                              const ClientLimits& limits) {
  return std::make_unique<H1Client>(loop, std::move(stream), limits);
}

H1Client::H1Client(Loop& loop, std::unique_ptr<ByteStream> stream, const ClientLimits& limits)
    : loop_(loop),
      stream_(std::move(stream)),
      limits_(limits),
      output_(*stream_),
      reads_(loop, kMaxReadsPerTurn),
      next_turn_(loop, [this] { on_readable(); }) {
  stream_->attach(this);
  may_have_input_ = true;
}

H1Client::~H1Client() {
  stream_->attach(nullptr);
  give_back(std::move(storage_));
}

ClientStream& H1Client::start(const OutgoingRequest& request, ResponseHandler& handler) {
  CHECK(is_open());
  CHECK(request.fields != nullptr);
  ensure_storage().body.begin(BodyLength::none(), BodyReader::Coding::none);
  append_request_head(output_.gathered(), request);
  handler_ = &handler;
  state_ = State::head;
  sent_body_.begin(framing_of(request.body), request.body.bytes);
  response_to_ = request.method == "HEAD" ? ResponseTo::head : ResponseTo::other;
  after_ = request.upgrade ? AfterResponse::close : AfterResponse::keep;
  offer_ = request.upgrade ? std::make_unique<UpgradeOffer>(make_upgrade_offer(*request.fields)) : nullptr;
  is_receiving_ = true;
  was_full_ = false;
  was_answered_ = false;
  interim_count_ = 0;
  written_before_ = output_.written();
  scanner_.reset();
  loop_.at_turn_end(*this);
  return *this;
}

MessageStorage& H1Client::ensure_storage() {
  if (storage_ == nullptr) {
    storage_ = take_message_storage();
    output_.lend(&storage_->output);
  }
  return *storage_;
}

Pressure H1Client::send_body(std::string_view bytes) {
  if (handler_ == nullptr || bytes.empty() || sent_body_.is_complete()) return Pressure::open;
  sent_body_.add(output_, bytes);
  loop_.at_turn_end(*this);
  if (!output_.is_blocked() && !output_.is_broken()) return Pressure::open;
  was_full_ = true;
  return Pressure::full;
}

void H1Client::send_end(const Fields& trailers) {
  if (handler_ == nullptr || sent_body_.is_complete()) return;
  fell_short_ = sent_body_.is_short();
  ends_our_side_ = sent_body_.framing() == BodyWriter::Framing::raw;
  sent_body_.end(output_, trailers);
  loop_.at_turn_end(*this);
}

void H1Client::receive_body(bool receive) {
  if (handler_ == nullptr) return;
  is_receiving_ = receive;
  if (receive) resume();
}

void H1Client::cancel() {
  if (handler_ == nullptr) return;
  handler_ = nullptr;
  stream_->abort();
  close();
}

/// Reads on at the end of the turn: never inside the call of a handler that made it possible.
void H1Client::resume() {
  resumes_ = true;
  loop_.at_turn_end(*this);
}

void H1Client::at_turn_end() {
  if (std::exchange(resumes_, false)) read_on();
  if (state_ == State::closed) return;
  output_.flush();
  after_output();
}

void H1Client::on_writable() {
  if (state_ == State::closed) return;
  output_.writable();
  if (!output_.is_blocked() && std::exchange(was_full_, false) && handler_ != nullptr) {
    handler_->on_request_writable();
  }
  if (state_ != State::closed) loop_.at_turn_end(*this);
}

void H1Client::after_output() {
  if (fell_short_) {
    stream_->abort();
    return fail(ErrorKind::closed, "the request ended before its length was sent");
  }
  if (output_.is_broken()) {
    // The origin may have answered before it stopped reading (413, for one): its answer goes first.
    may_have_input_ = true;
    reads_.renew();
    read_on();
    if (state_ != State::closed) connection_broke();
    return;
  }
  if (!output_.is_empty()) return;
  if (std::exchange(ends_our_side_, false)) stream_->end();
  if (is_tunnel_over()) return end_exchange(AfterResponse::close);
  if (state_ == State::idle && storage_ != nullptr) {
    output_.lend(nullptr);
    give_back(std::move(storage_));
  }
}

/// The response is complete. The connection serves on only if nothing is left of either message.
void H1Client::end_exchange(AfterResponse after) {
  ResponseHandler* handler = std::exchange(handler_, nullptr);
  const bool is_reusable =
      after == AfterResponse::keep && sent_body_.is_complete() && output_.is_empty() && !fell_short_;
  is_reused_ = true;
  if (is_reusable) {
    state_ = State::idle;
    loop_.at_turn_end(*this);
  } else {
    const bool is_cut = !sent_body_.is_complete() || !output_.is_empty();
    state_ = State::answered;
    if (is_cut) {
      stream_->abort();
    } else {
      stream_->end();
    }
  }
  sent_body_.begin(BodyWriter::Framing::none);
  if (handler != nullptr) handler->on_response_end(storage_->body.trailers());
  if (!is_reusable) return close();
  if (owner_ != nullptr) owner_->on_idle();
}

void H1Client::fail(ErrorKind kind, std::string_view text) {
  ResponseHandler* handler = std::exchange(handler_, nullptr);
  const bool nothing_was_sent = output_.written() == written_before_;
  const bool was_closed_unheard = is_reused_ && !was_answered_ && kind == ErrorKind::closed;
  const Retry retry = nothing_was_sent || was_closed_unheard ? Retry::safe : Retry::never;
  stream_->abort();
  close();
  if (handler != nullptr) handler->on_failed({kind, Side::origin, std::string(text), retry});
}

void H1Client::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  next_turn_.disarm();
  stream_->attach(nullptr);
  if (owner_ != nullptr) owner_->on_session_end();
}

}  // namespace core

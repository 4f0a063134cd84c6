#include "tls/stream.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.h"
#include "core/crypto/openssl.h"

namespace tls {
namespace {

// What one inner write carries: a relay's read of three records, and a fourth of their framing. Larger writes
// are dearer, not cheaper (96 KiB: downloads cost a fifth more).
constexpr std::size_t kFramingBytes = 64;
constexpr std::size_t kBatchBytes = 3 * RecordScratch::kRecordBytes + kFramingBytes;

// SSL_read comes back twice for each record that is not for the reader (OpenSSL 3.0).
constexpr int kPausesARecord = 2;

// Of what comes behind close_notify, a read and a call: more waits for the next edge.
constexpr std::size_t kDroppedBytes = 4096;
constexpr int kMaxReadsAfterEnd = 16;

// What the other side has not taken, at most: a batch whose last record begins before its end, and alerts.
constexpr std::size_t kMaxKeptBytes = kBatchBytes + 2 * RecordScratch::kRecordBytes;

/// Walks over pieces and cuts them into records.
class Cutter {
 public:
  Cutter(std::span<const std::string_view> pieces, std::size_t skip) : pieces_(pieces) {
    while (!pieces_.empty() && skip >= pieces_.front().size()) {
      skip -= pieces_.front().size();
      pieces_ = pieces_.subspan(1);
    }
    offset_ = skip;
  }
  [[nodiscard]] bool at_end() const { return pieces_.empty(); }

  /// At most a record's worth: a part of one piece as it is, or small pieces gathered in `room`.
  std::string_view next(std::span<char> room) {
    const std::string_view first = pieces_.front().substr(offset_);
    if (first.size() >= room.size() || pieces_.size() == 1) return advance(first.substr(0, room.size()));
    std::size_t used = 0;
    while (!at_end() && used < room.size()) {
      const std::string_view part = advance(pieces_.front().substr(offset_, room.size() - used));
      std::ranges::copy(part, room.begin() + static_cast<std::ptrdiff_t>(used));
      used += part.size();
    }
    return {room.data(), used};
  }

 private:
  std::string_view advance(std::string_view part) {
    offset_ += part.size();
    while (!pieces_.empty() && offset_ == pieces_.front().size()) {
      pieces_ = pieces_.subspan(1);
      offset_ = 0;
    }
    return part;
  }
  std::span<const std::string_view> pieces_;
  std::size_t offset_ = 0;
};

std::size_t total_of(std::span<const std::string_view> pieces) {
  std::size_t total = 0;
  for (const std::string_view piece : pieces) total += piece.size();
  return total;
}

}  // namespace

void FreeSsl::operator()(ssl_st* native) const {
  SSL_free(native);
}

Stream::Stream(std::unique_ptr<core::ByteStream> inner, SslPointer ssl, RecordScratch& scratch,
               core::Side other_side)
    : inner_(std::move(inner)), ssl_(std::move(ssl)), scratch_(scratch), other_side_(other_side) {
  CHECK(ssl_ != nullptr);
  BIO_up_ref(scratch_.bio());
  SSL_set_bio(ssl_.get(), scratch_.bio(), scratch_.bio());
  inner_->attach(this);
}

Stream::~Stream() {
  scratch_.release(*this);
}

void Stream::attach(core::StreamEvents* events) {
  events_ = events;
  writer_waits_ = false;
}

void Stream::on_readable() {
  if (events_ != nullptr) events_->on_readable();
}

void Stream::on_writable() {
  send_kept();
  if (has_kept_output() && state_ != State::broken) return;
  if (!std::exchange(writer_waits_, false) || events_ == nullptr) return;
  events_->on_writable();
}

void Stream::keep_input(std::string_view rest) {
  if (!rest.empty()) kept().input.assign(rest);
}

Stream::Kept& Stream::kept() {
  if (!kept_) kept_ = std::make_unique<Kept>();
  return *kept_;
}

void Stream::drop_kept_output() {
  if (!kept_) return;
  kept_->output = std::string();
  drop_kept_if_empty();
}

void Stream::drop_kept_if_empty() {
  if (kept_->input.empty() && kept_->output.empty() && kept_->failure.empty()) kept_.reset();
}

void Stream::take_scratch() {
  std::string none;
  scratch_.take(*this, kept_ ? kept_->input : none);
  if (kept_) drop_kept_if_empty();
}

void Stream::fail(std::string text) {
  if (state_ == State::broken) return;
  state_ = State::broken;
  kept().failure = std::move(text);
}

// ---- output

// A write that is not taken whole is kept; write() takes nothing more until it has left. Reading may add
// alerts: TLS 1.2 answers each refused renegotiation with one, which a client need not read.
void Stream::flush() {
  std::string& output = scratch_.output();
  if (output.empty()) return;
  if (!has_kept_output()) {
    const std::string_view piece = output;
    const core::Result<std::size_t> taken = inner_->write({&piece, 1});
    if (!taken) {
      fail(taken.error().text);
    } else if (*taken < output.size()) {
      kept().output.assign(output, *taken);
    }
  } else if (kept_->output.size() + output.size() > kMaxKeptBytes) {
    fail("too many alerts that nobody reads");
  } else {
    kept_->output += output;
  }
  output.clear();
}

void Stream::send_kept() {
  if (!has_kept_output()) return;
  const std::string_view piece = kept_->output;
  const core::Result<std::size_t> taken = inner_->write({&piece, 1});
  if (!taken) {
    fail(taken.error().text);
    return drop_kept_output();
  }
  if (*taken < kept_->output.size()) {
    kept_->output.erase(0, *taken);
    return;
  }
  drop_kept_output();
  if (ending_) inner_->end();
}

std::size_t Stream::seal(std::span<const std::string_view> pieces, std::size_t from) {
  Cutter cutter(pieces, from);
  std::size_t sealed = 0;
  while (!cutter.at_end() && sealed < kBatchBytes) {
    const std::string_view record = cutter.next(scratch_.plaintext());
    std::size_t count = 0;
    ERR_clear_error();
    // The BIO takes everything, so that a record is either whole or the stream is broken.
    if (SSL_write_ex(ssl_.get(), record.data(), record.size(), &count) != 1 || count != record.size()) {
      fail(core::openssl_errors());
      break;
    }
    sealed += count;
  }
  return sealed;
}

// "Taken" has to mean that the wire has it: an owner to whom nothing is left ends the connection, and a
// client that reads slowly would lose what is kept here. So the last byte of what was sealed but has not left
// is not said to be taken until it has; the owner offers it again, and it is not sealed twice.
core::Result<std::size_t> Stream::write(std::span<const std::string_view> pieces) {
  const std::size_t total = total_of(pieces);
  std::size_t taken = 0;
  if (!has_kept_output() && total > 0) taken = std::exchange(is_unconfirmed_, false) ? 1 : 0;
  while (taken < total && !has_kept_output() && state_ != State::broken && !ending_) {
    taken += seal(pieces, taken);
    flush();
  }
  if (state_ == State::broken || ending_) {
    return core::failure(core::ErrorKind::closed, other_side_,
                         ending_ ? "writing after the end" : "TLS: " + failure_text());
  }
  if (taken > 0 && taken == total && has_kept_output()) {
    is_unconfirmed_ = true;
    --taken;
  }
  if (taken < total) writer_waits_ = true;
  return taken;
}

core::Ending Stream::end() {
  if (!std::exchange(ending_, true)) {
    if (state_ != State::broken) {
      ERR_clear_error();
      SSL_shutdown(ssl_.get());
      flush();
    }
    if (!has_kept_output()) inner_->end();
  }
  if (!has_kept_output() || state_ == State::broken) return core::Ending::sent;
  writer_waits_ = true;
  return core::Ending::waits;
}

void Stream::abort() {
  fail("aborted");
  drop_kept_output();
  inner_->abort();
}

// ---- input

Stream::Refill Stream::refill() {
  if (inner_ended_) return Refill::over;
  const core::ReadOutcome outcome = inner_->read(scratch_.input_space());
  switch (outcome.state) {
    case core::ReadOutcome::State::bytes:
      scratch_.input_arrived(outcome.count);
      return Refill::bytes;
    case core::ReadOutcome::State::would_block:
      return Refill::nothing;
    case core::ReadOutcome::State::end:
    case core::ReadOutcome::State::failed:
      break;
  }
  inner_ended_ = true;
  return Refill::over;
}

// Neither whole records nor the beginning of one: asking OpenSSL would only make it allocate its buffer.
bool Stream::has_nothing_to_open() const {
  return scratch_.input_left() == 0 && SSL_has_pending(ssl_.get()) == 0;
}

Stream::Pause Stream::more_input() {
  switch (refill()) {
    case Refill::bytes:
      return Pause::none;
    case Refill::nothing:
      return Pause::wait;
    case Refill::over:
      break;
  }
  fail("ended without close_notify");
  return Pause::broken;
}

Stream::Pause Stream::pause(int error, bool has_bytes) {
  if (error == SSL_ERROR_ZERO_RETURN) return Pause::end;
  if (error != SSL_ERROR_WANT_READ) {
    fail(core::openssl_errors());
    return Pause::broken;
  }
  // OpenSSL keeps the beginning of a record; where it keeps nothing it has taken one that was not for the
  // reader. Those that come alone count like those that come together.
  const bool has_input = scratch_.input_left() > 0;
  const bool was_control = has_input || SSL_has_pending(ssl_.get()) == 0;
  if (was_control && ++control_pauses_ > kMaxControlRecords * kPausesARecord) {
    fail("too many control records");
    return Pause::broken;
  }
  if (has_input) return Pause::none;
  return has_bytes ? Pause::wait : more_input();
}

core::ReadOutcome Stream::open_records(std::span<char> into) {
  using State = core::ReadOutcome::State;
  std::size_t count = 0;
  Pause reason = has_nothing_to_open() ? more_input() : Pause::none;
  while (reason == Pause::none && count < into.size()) {
    std::size_t got = 0;
    ERR_clear_error();
    if (SSL_read_ex(ssl_.get(), into.data() + count, into.size() - count, &got) == 1) {
      count += got;
      control_pauses_ = 0;
      if (has_nothing_to_open()) break;
    } else {
      reason = pause(SSL_get_error(ssl_.get(), 0), count > 0);
    }
  }
  if (reason == Pause::end) state_ = Stream::State::ended_by_peer;
  // What was authentic is handed over; the reason is the next read's.
  if (count > 0) return {State::bytes, count};
  if (reason == Pause::wait) return {State::would_block, 0};
  return {reason == Pause::end ? State::end : State::failed, 0};
}

/// What comes behind close_notify counts for nothing (RFC 8446 section 6.1), but that the connection broke.
core::ReadOutcome Stream::read_after_end() {
  std::array<char, kDroppedBytes> dropped;  // NOLINT: never looked at
  for (int reads = 0; reads < kMaxReadsAfterEnd; ++reads) {
    const core::ReadOutcome outcome = inner_->read(dropped);
    if (outcome.state == core::ReadOutcome::State::failed) {
      fail("broke after close_notify");
      return outcome;
    }
    if (outcome.state != core::ReadOutcome::State::bytes) break;
  }
  return {core::ReadOutcome::State::end, 0};
}

core::ReadOutcome Stream::read(std::span<char> into) {
  if (state_ == State::broken) return {core::ReadOutcome::State::failed, 0};
  if (state_ == State::ended_by_peer) return read_after_end();
  take_scratch();
  const core::ReadOutcome outcome = open_records(into);
  flush();  // alerts
  if (scratch_.input_left() == 0) scratch_.release(*this);
  if (state_ == State::broken && outcome.state == core::ReadOutcome::State::would_block) {
    return {core::ReadOutcome::State::failed, 0};
  }
  return outcome;
}

// ---- handshake

Stream::Progress Stream::handshake() {
  if (state_ == State::broken) return Progress::failed;
  take_scratch();
  while (state_ != State::broken) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    const int error = SSL_get_error(ssl_.get(), result);
    if (result == 1) {
      // What the callbacks recorded into is the handshake's own and ends with it.
      SSL_set_app_data(ssl_.get(), nullptr);
      flush();
      if (scratch_.input_left() == 0) scratch_.release(*this);
      return Progress::done;
    }
    std::string reason;
    if (error != SSL_ERROR_WANT_READ) reason = core::openssl_errors();
    flush();
    if (error != SSL_ERROR_WANT_READ) {
      fail(std::move(reason));
    } else if (scratch_.input_left() == 0) {
      const Refill refilled = refill();
      if (refilled == Refill::nothing) return Progress::wants_more;
      if (refilled == Refill::over) fail("the connection ended during the handshake");
    }
  }
  scratch_.release(*this);
  return Progress::failed;
}

Agreement Stream::agreement() const {
  Agreement agreement;
  const unsigned char* protocol = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl_.get(), &protocol, &length);
  if (length > 0) agreement.protocol.assign(reinterpret_cast<const char*>(protocol), length);
  agreement.version = SSL_get_version(ssl_.get());
  agreement.cipher = SSL_get_cipher_name(ssl_.get());
  agreement.resumed = SSL_session_reused(ssl_.get()) == 1;
  return agreement;
}

}  // namespace tls

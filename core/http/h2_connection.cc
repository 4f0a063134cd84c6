// Bytes to the library and from it, for both ends.
#include "core/http/h2_connection.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

#include "core/http/h2_outgoing.h"
#include "core/http/limits.h"

namespace core {
namespace {

std::uint32_t code_of(int error) {
  switch (error) {
    case NGHTTP2_ERR_FLOODED:
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
    case NGHTTP2_ERR_CALLBACK_FAILURE:
      return NGHTTP2_ENHANCE_YOUR_CALM;
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
      return NGHTTP2_PROTOCOL_ERROR;
    default:
      return NGHTTP2_INTERNAL_ERROR;
  }
}

}  // namespace

void FreeH2Native::operator()(nghttp2_session* native) const {
  nghttp2_session_del(native);
}

H2Connection::H2Connection(Loop& loop, std::unique_ptr<ByteStream> stream, const Role& role)
    : loop_(loop),
      stream_(std::move(stream)),
      output_(*stream_),
      scanner_(role.preface_bytes),
      guard_(loop.now(), role.streams),
      reads_(loop, kMaxReadsPerTurn),
      next_turn_(loop, [this] { on_readable(); }),
      most_kept_(role.most_kept) {}

H2Connection::~H2Connection() {
  stream_->attach(nullptr);
  give_back(std::move(storage_));
}

void H2Connection::on_readable() {
  may_have_input_ = true;
  reads_.renew();
  read_on();
  send_soon();
}

void H2Connection::read_on() {
  if (is_reading_) return;
  is_reading_ = true;
  while (may_have_input_ && wants_bytes()) {
    if (!reads_.take()) {
      next_turn_.arm(Duration::zero());
      break;
    }
    read_once();
  }
  is_reading_ = false;
}

void H2Connection::read_once() {
  const ReadLease lease;
  const ReadOutcome outcome = stream_->read(lease.bytes());
  if (outcome.state == ReadOutcome::State::bytes) return consume({lease.bytes().data(), outcome.count});
  may_have_input_ = false;
  if (outcome.state != ReadOutcome::State::would_block) other_side_ended();
}

/// Counts the frames that begin in `bytes`, and says how much of it may be parsed: what comes before the
/// frame that is one too many.
std::size_t H2Connection::count_frames(std::string_view bytes) {
  const SteadyTime now = loop_.now();
  std::size_t counted = 0;
  while (counted < bytes.size()) {
    const H2FrameScanner::Step step = scanner_.scan(bytes.substr(counted));
    if (step.frame.has_value() && !guard_.on_frame(*step.frame, now)) {
      flood_ = guard_.reason();
      return counted;
    }
    counted += step.used;
  }
  return counted;
}

bool H2Connection::take_in(std::string_view bytes) {
  ensure_storage();
  const std::string_view counted = bytes.substr(0, count_frames(bytes));
  const auto* octets = reinterpret_cast<const std::uint8_t*>(counted.data());
  const ssize_t parsed = nghttp2_session_mem_recv(native(), octets, counted.size());
  if (parsed < 0 && native_failure_.empty()) {
    native_error_ = code_of(static_cast<int>(parsed));
    native_failure_ = std::string("HTTP/2: ") + nghttp2_strerror(static_cast<int>(parsed));
  }
  if (parsed < 0) return false;
  if (nghttp2_session_get_outbound_queue_size(native()) > kH2MaxQueuedFrames) {
    flood_ = "HTTP/2: too many frames to answer";
  }
  return true;
}

MessageStorage& H2Connection::ensure_storage() {
  if (storage_ == nullptr) {
    storage_ = take_message_storage();
    output_.lend(&storage_->output);
  }
  return *storage_;
}

std::size_t H2Connection::room() const {
  return std::clamp(most_kept_ - std::min(kept_, most_kept_), kH2LeastPiece, kMostBodyAtOnce);
}

/// Moves frames into the output until it holds a batch; true: there may be more.
bool H2Connection::gather() {
  std::string& out = ensure_storage().output;
  while (output_.waiting() < kH2OutputBatch) {
    const std::uint8_t* frames = nullptr;
    const ssize_t size = nghttp2_session_mem_send(native(), &frames);
    if (size < 0) output_failed_ = true;
    if (size <= 0) return output_.waiting() >= kH2OutputBatch;
    out.append(reinterpret_cast<const char*>(frames), static_cast<std::size_t>(size));
  }
  return true;
}

bool H2Connection::write_data(std::string_view frame_head, std::size_t size, H2Outgoing& body) {
  if (output_.waiting() >= kH2OutputBatch) return false;
  output_.gathered().append(frame_head);  // no padding is ever chosen
  body.move(size, output_.gathered());
  guard_.on_sent(size);
  return true;
}

void H2Connection::pump() {
  send_large();
  output_.flush();
}

void H2Connection::send_large() {
  while (!is_output_blocked() && gather()) output_.flush();
}

void H2Connection::return_storage() {
  if (storage_ == nullptr || !output_.is_empty() || scanner_.is_in_field_block()) return;
  output_.lend(nullptr);
  give_back(std::move(storage_));
}

}  // namespace core

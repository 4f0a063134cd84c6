// Two bytes, up to eight more of length, then a payload that is only counted.
#include "core/http/websocket_frames.h"

#include <algorithm>

#include "core/base/check.h"

namespace core {
namespace {

constexpr unsigned kOpcode = 0x0f;
constexpr unsigned kClose = 0x8;
constexpr unsigned kFinal = 0x80;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kLength = 0x7f;
constexpr unsigned kTwoBytes = 126;
constexpr unsigned kEightBytes = 127;
constexpr std::uint64_t kTopBit = std::uint64_t{1} << 63U;
constexpr std::size_t kMostControlBytes = 125;  // RFC 6455 section 5.5

}  // namespace

void WebSocketBoundary::pass(std::string_view bytes) {
  while (!bytes.empty() && !is_lost_) {
    if (part_ != Part::payload) {
      take(static_cast<unsigned char>(bytes.front()));
      bytes.remove_prefix(1);
      continue;
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    bytes.remove_prefix(count);
    left_ -= count;
    if (left_ == 0) begin_payload();
  }
}

/// One byte of a frame's header.
void WebSocketBoundary::take(unsigned char byte) {
  switch (part_) {
    case Part::first:
      closes_ = (byte & kOpcode) == kClose;
      part_ = Part::length;
      return;
    case Part::length:
      // A server masks nothing (section 5.1): who sends this speaks something else.
      if ((byte & kMasked) != 0) is_lost_ = true;
      left_ = byte & kLength;
      if (left_ < kTwoBytes) return begin_payload();
      length_bytes_ = left_ == kEightBytes ? 8 : 2;
      left_ = 0;
      part_ = Part::more_length;
      return;
    case Part::more_length:
      left_ = left_ << 8U | byte;
      if (--length_bytes_ > 0) return;
      if ((left_ & kTopBit) != 0) is_lost_ = true;
      return begin_payload();
    case Part::payload:
      return;
  }
}

/// The length is known, or all of the payload has passed.
void WebSocketBoundary::begin_payload() {
  part_ = left_ > 0 ? Part::payload : Part::first;
  if (left_ == 0 && closes_) is_closed_ = true;
}

std::string websocket_close_frame(WebSocketClose code, std::string_view reason) {
  const std::size_t size = reason.size() + 2;
  CHECK(size <= kMostControlBytes);
  const auto number = static_cast<unsigned>(code);
  std::string frame;
  frame += static_cast<char>(kFinal | kClose);
  frame += static_cast<char>(size);
  frame += static_cast<char>(number >> 8U);
  frame += static_cast<char>(number & 0xffU);
  return frame.append(reason);
}

}  // namespace core

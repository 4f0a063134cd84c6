// Nine bytes, then a payload that is only counted.
#include "core/http/h2_frame_scanner.h"

#include <algorithm>

namespace core {
namespace {

H2FrameHeader read_header(const std::array<unsigned char, kH2FrameHeaderBytes>& bytes) {
  const auto number = [&bytes](std::size_t from, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = from; i < from + count; ++i) value = value << 8U | bytes[i];
    return value;
  };
  constexpr std::uint32_t kStreamBits = 0x7fffffff;
  return {number(0, 3), H2FrameType{bytes[3]}, bytes[4], number(5, 4) & kStreamBits};
}

}  // namespace

/// Skips payload; what ends with it has ended then.
std::size_t H2FrameScanner::skip(std::string_view bytes) {
  const std::size_t count = std::min(left_, bytes.size());
  left_ -= count;
  if (left_ == 0 && block_ends_) in_block_ = block_ends_ = false;
  return count;
}

H2FrameScanner::Step H2FrameScanner::scan(std::string_view bytes) {
  std::size_t used = skip(bytes);
  if (left_ > 0) return {used, std::nullopt};
  const std::size_t count = std::min(kH2FrameHeaderBytes - gathered_, bytes.size() - used);
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(used), count,
              header_.begin() + static_cast<std::ptrdiff_t>(gathered_));
  gathered_ += count;
  used += count;
  if (gathered_ < kH2FrameHeaderBytes) return {used, std::nullopt};
  gathered_ = 0;
  const H2FrameHeader frame = read_header(header_);
  left_ = frame.length;
  if (frame.type == H2FrameType::headers) in_block_ = true;
  const bool carries_fields = frame.type == H2FrameType::headers || frame.type == H2FrameType::continuation;
  block_ends_ = carries_fields && in_block_ && frame.has(kH2EndHeaders);
  skip({});
  return {used, frame};
}

}  // namespace core

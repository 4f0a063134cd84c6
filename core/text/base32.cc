#include "core/text/base32.h"

#include <cstdint>

namespace core {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr unsigned kBits = 5;
constexpr unsigned kByteBits = 8;

}  // namespace

std::string base32_encode(std::string_view bytes) {
  std::string text;
  std::uint32_t held = 0;
  unsigned count = 0;
  for (const char byte : bytes) {
    held = (held << kByteBits | static_cast<unsigned char>(byte)) & 0xFFFF;
    for (count += kByteBits; count >= kBits; count -= kBits)
      text.push_back(kAlphabet[(held >> (count - kBits)) & 31]);
  }
  if (count > 0) text.push_back(kAlphabet[(held << (kBits - count)) & 31]);
  return text;
}

Result<std::string> base32_decode(std::string_view text, Side side) {
  std::string bytes;
  std::uint32_t held = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return failure(ErrorKind::malformed, side, "no base32");
    held = (held << kBits | static_cast<std::uint32_t>(value)) & 0xFFFF;
    count += kBits;
    if (count < kByteBits) continue;
    count -= kByteBits;
    bytes.push_back(static_cast<char>(held >> count & 0xFF));
  }
  const bool is_whole = count < kBits && (held & ((1U << count) - 1)) == 0;
  if (!is_whole) return failure(ErrorKind::malformed, side, "base32 that ends in the middle of a byte");
  return bytes;
}

}  // namespace core

#include "core/text/base64.h"

#include <array>
#include <cstdint>

namespace core {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNone = 0xFF;

constexpr std::array<std::uint8_t, 256> reverse_of(std::string_view digits) {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNone);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    table[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr auto kStandardReverse = reverse_of(kStandard);
constexpr auto kUrlReverse = reverse_of(kUrl);

std::unexpected<Error> not_base64(Side side) {
  return failure(ErrorKind::malformed, side, "not base64");
}

}  // namespace

std::string base64_encode(std::string_view bytes, Base64 alphabet) {
  const std::string_view digits = alphabet == Base64::url ? kUrl : kStandard;
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) out.push_back(digits[(buffer >> (bits - 6)) & 0x3FU]);
  }
  if (bits > 0) out.push_back(digits[(buffer << (6 - bits)) & 0x3FU]);
  if (alphabet == Base64::standard) out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

Result<std::string> base64_decode(std::string_view text, Base64 alphabet, Side side) {
  if (alphabet == Base64::standard) {
    if (text.size() % 4 != 0) return not_base64(side);
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return not_base64(side);
  const auto& reverse = alphabet == Base64::url ? kUrlReverse : kStandardReverse;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::uint8_t digit = reverse[static_cast<unsigned char>(c)];
    if (digit == kNone) return not_base64(side);
    buffer = (buffer << 6U) | digit;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<char>((buffer >> bits) & 0xFFU));
  }
  if ((buffer & ((1U << bits) - 1U)) != 0) return not_base64(side);
  return out;
}

}  // namespace core

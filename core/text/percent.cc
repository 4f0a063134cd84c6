#include "core/text/percent.h"

namespace core {
namespace {

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

bool stays(char c, Unescaped unescaped) {
  switch (unescaped) {
    case Unescaped::unreserved:
      return is_unreserved(c);
    case Unescaped::path:
      return is_unreserved(c) || (c != '\0' && std::string_view("/!$&'()*+,;=:@").contains(c));
    case Unescaped::printable:
      return c >= ' ' && c <= '~' && c != '%';
  }
  return false;
}

}  // namespace

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

void append_percent_encoded(std::string& out, std::string_view bytes, Unescaped unescaped) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : bytes) {
    if (stays(c, unescaped)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kDigits[byte >> 4U]);
    out.push_back(kDigits[byte & 0x0FU]);
  }
}

std::string percent_encode(std::string_view bytes, Unescaped unescaped) {
  std::string out;
  out.reserve(bytes.size());
  append_percent_encoded(out, bytes, unescaped);
  return out;
}

Result<std::string> percent_decode(std::string_view text, Side side) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const int high = text.size() - i > 2 ? hex_digit(text[i + 1]) : -1;
    const int low = text.size() - i > 2 ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return failure(ErrorKind::malformed, side, "an incomplete percent escape");
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

}  // namespace core

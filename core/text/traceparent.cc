#include "core/text/traceparent.h"

#include <algorithm>
#include <vector>

namespace core {
namespace {

constexpr std::size_t kTraceAt = 3;
constexpr std::size_t kSpanAt = 36;
constexpr std::size_t kFlagsAt = 53;
constexpr std::uint8_t kSampled = 0x01;
constexpr std::uint8_t kInvalidVersion = 0xff;

constexpr std::size_t kMostMembers = 32;
constexpr std::size_t kMostKeyBytes = 256;
constexpr std::size_t kMostTenantBytes = 241;
constexpr std::size_t kMostSystemBytes = 14;
constexpr std::size_t kMostValueBytes = 256;

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_zero(std::span<const std::uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_key_part(std::string_view text, std::size_t most) {
  const auto fits = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
  };
  return !text.empty() && text.size() <= most && std::ranges::all_of(text, fits);
}

/// A simple key, or tenant@system.
bool is_key(std::string_view key) {
  const std::size_t at = key.find('@');
  if (at == std::string_view::npos) return is_key_part(key, kMostKeyBytes) && is_letter(key.front());
  const std::string_view tenant = key.substr(0, at);
  const std::string_view system = key.substr(at + 1);
  return is_key_part(tenant, kMostTenantBytes) && (is_letter(tenant.front()) || is_digit(tenant.front())) &&
         is_key_part(system, kMostSystemBytes) && is_letter(system.front());
}

bool is_value(std::string_view value) {
  const auto fits = [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; };
  return !value.empty() && value.size() <= kMostValueBytes && value.back() != ' ' &&
         std::ranges::all_of(value, fits);
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

void write_hex(std::span<const std::uint8_t> bytes, std::span<char> out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = kDigits[bytes[i] >> 4U];
    out[2 * i + 1] = kDigits[bytes[i] & 0x0fU];
  }
}

bool read_hex(std::string_view digits, std::span<std::uint8_t> out) {
  if (digits.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit_of(digits[2 * i]);
    const int low = digit_of(digits[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

std::optional<Traceparent> parse_traceparent(std::string_view value) {
  if (value.size() < kTraceparentBytes) return std::nullopt;
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  Traceparent context;
  const bool is_formed =
      value[kTraceAt - 1] == '-' && value[kSpanAt - 1] == '-' && value[kFlagsAt - 1] == '-';
  if (!is_formed || !read_hex(value.substr(0, 2), version) ||
      !read_hex(value.substr(kTraceAt, 2 * context.trace.size()), context.trace) ||
      !read_hex(value.substr(kSpanAt, 2 * context.span.size()), context.span) ||
      !read_hex(value.substr(kFlagsAt, 2), flags)) {
    return std::nullopt;
  }
  if (version[0] == kInvalidVersion || is_zero(context.trace) || is_zero(context.span)) return std::nullopt;
  if (value.size() > kTraceparentBytes && (version[0] == 0 || value[kTraceparentBytes] != '-'))
    return std::nullopt;
  context.is_sampled = (flags[0] & kSampled) != 0;
  return context;
}

void write_traceparent(const Traceparent& context, std::span<char, kTraceparentBytes> out) {
  std::ranges::fill(out, '-');
  out[0] = '0';
  out[1] = '0';
  write_hex(context.trace, out.subspan(kTraceAt, 2 * context.trace.size()));
  write_hex(context.span, out.subspan(kSpanAt, 2 * context.span.size()));
  out[kFlagsAt] = '0';
  out[kFlagsAt + 1] = context.is_sampled ? '1' : '0';
}

bool is_tracestate(std::string_view value) {
  if (value.size() > kMaxTracestateBytes) return false;
  std::vector<std::string_view> keys;
  for (bool is_last = false; !is_last;) {
    const std::size_t comma = value.find(',');
    is_last = comma == std::string_view::npos;
    const std::string_view member = without_blanks(value.substr(0, comma));
    if (!is_last) value.remove_prefix(comma + 1);
    if (member.empty()) continue;
    const std::size_t equals = member.find('=');
    if (equals == std::string_view::npos || !is_key(member.substr(0, equals)) ||
        !is_value(member.substr(equals + 1))) {
      return false;
    }
    if (std::ranges::find(keys, member.substr(0, equals)) != keys.end() || keys.size() == kMostMembers)
      return false;
    keys.push_back(member.substr(0, equals));
  }
  return !keys.empty();
}

}  // namespace core

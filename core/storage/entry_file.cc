#include "core/storage/entry_file.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "core/crypto/digest.h"

namespace core {
namespace {

constexpr std::string_view kMagic = "gateway-entry 1 ";
constexpr std::string_view kNever = "never";

struct Header {
  std::optional<WallTime> expires;
  std::size_t length = 0;
  std::string_view checksum;
  std::size_t bytes = 0;  // of the line, with its end
};

std::string checksum_of(std::string_view value) {
  std::string hex;
  for (const char byte : sha256(value)) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

template <typename Integer>
std::optional<Integer> parse_integer(std::string_view text) {
  Integer number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Milliseconds since 1970, as leases are shorter than seconds in tests and drift in them adds up.
std::optional<WallTime> parse_expiry(std::string_view text) {
  const std::optional<std::int64_t> milliseconds = parse_integer<std::int64_t>(text);
  constexpr std::int64_t kLatest = 253402300799999;  // the end of the year 9999
  if (!milliseconds || *milliseconds < 0 || *milliseconds > kLatest) return std::nullopt;
  return WallTime(std::chrono::milliseconds(*milliseconds));
}

std::string_view next_word(std::string_view& line) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  return word;
}

std::optional<Header> parse_header(std::string_view text) {
  const std::size_t line_end = text.substr(0, kMaxEntryHeaderBytes).find('\n');
  if (line_end == std::string_view::npos || !text.starts_with(kMagic)) return std::nullopt;
  std::string_view line = text.substr(kMagic.size(), line_end - kMagic.size());
  Header header;
  header.bytes = line_end + 1;
  const std::string_view expires = next_word(line);
  if (expires != kNever) {
    header.expires = parse_expiry(expires);
    if (!header.expires) return std::nullopt;
  }
  const std::optional<std::size_t> length = parse_integer<std::size_t>(next_word(line));
  if (!length) return std::nullopt;
  header.length = *length;
  header.checksum = line;
  return header;
}

}  // namespace

std::string entry_to_text(const StorageEntry& entry) {
  std::string expires(kNever);
  if (entry.expires) {
    const auto since =
        std::chrono::duration_cast<std::chrono::milliseconds>(entry.expires->time_since_epoch());
    expires = fmt::format("{}", since.count());
  }
  return fmt::format("{}{} {} {}\n{}", kMagic, expires, entry.value.size(), checksum_of(entry.value),
                     entry.value);
}

std::optional<StorageEntry> entry_from_text(std::string_view text) {
  const std::optional<Header> header = parse_header(text);
  if (!header) return std::nullopt;
  const std::string_view value = text.substr(header->bytes);
  if (value.size() != header->length || checksum_of(value) != header->checksum) return std::nullopt;
  return StorageEntry{std::string(value), header->expires};
}

bool entry_has_expired(std::string_view head, WallTime now) {
  const std::optional<Header> header = parse_header(head);
  return header && header->expires && *header->expires <= now;
}

}  // namespace core

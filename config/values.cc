#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "core/text/request_path.h"
#include "core/text/utf8.h"

namespace config {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::uint16_t kDnsPort = 53;

std::unexpected<core::Error> expected(std::string text) {
  return core::failure(core::ErrorKind::malformed, core::Side::configuration, "expected " + std::move(text));
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array kDurationUnits{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}, Unit{"h", 3'600'000},
                                    Unit{"d", 86'400'000}};
constexpr std::array kSizeUnits{Unit{"B", 1}, Unit{"KiB", 1024}, Unit{"MiB", 1024UL * 1024},
                                Unit{"GiB", 1024UL * 1024 * 1024}};

/// Digits and one of `units`; nothing if it is something else or over `limit`.
template <std::size_t Count>
std::optional<std::uint64_t> parse_units(std::string_view text, const std::array<Unit, Count>& units,
                                         std::uint64_t limit) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_count(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name != text.substr(digits)) continue;
    if (*number > limit / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

/// host:port with an IPv6 address in brackets; the host may be empty, the port missing.
struct HostPort {
  std::string_view host;
  std::optional<std::string_view> port;
};

std::optional<HostPort> split_port(std::string_view text) {
  HostPort parts;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    parts.host = text.substr(1, close - 1);
    if (!parts.host.contains(':')) return std::nullopt;
    text.remove_prefix(close + 1);
    if (text.empty()) return parts;
    if (!text.starts_with(':')) return std::nullopt;
    parts.port = text.substr(1);
    return parts;
  }
  const std::size_t colon = text.find(':');
  parts.host = text.substr(0, colon);
  if (colon != std::string_view::npos) parts.port = text.substr(colon + 1);
  return parts;
}

}  // namespace

core::Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr auto kLimit = static_cast<std::uint64_t>(std::chrono::milliseconds(kMaxDuration).count());
  const auto parsed = parse_units(text, kDurationUnits, kLimit);
  if (!parsed) return expected("a duration such as 500ms, 30s, 5m, 12h or 7d, at most 3650d");
  return std::chrono::milliseconds(*parsed);
}

core::Result<std::chrono::seconds> parse_seconds(std::string_view text) {
  const auto parsed = parse_duration(text);
  if (!parsed) return core::failure(parsed.error());
  if (parsed->count() % 1000 != 0) return expected("a duration of whole seconds, such as 30s, 5m, 12h or 7d");
  return std::chrono::duration_cast<std::chrono::seconds>(*parsed);
}

core::Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr auto kLimit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const auto parsed = parse_units(text, kSizeUnits, kLimit);
  if (!parsed) return expected("a size such as 512B, 64KiB, 10MiB or 2GiB");
  return *parsed;
}

core::Result<std::uint64_t> parse_byte_rate(std::string_view text) {
  if (text.ends_with("/s")) {
    const auto size = parse_size(text.substr(0, text.size() - 2));
    if (size) return *size;
  }
  return expected("a rate such as 1KiB/s");
}

core::Result<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const char* begin = text.data();
  const char* end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (text.empty() || error != std::errc() || stop != end || leading_zero) return expected("a whole number");
  return value;
}

core::Result<std::uint16_t> parse_port(std::string_view text) {
  const auto number = parse_count(text);
  if (!number || *number == 0 || *number > 65535) return expected("a port from 1 to 65535");
  return static_cast<std::uint16_t>(*number);
}

core::Result<ListenAddress> parse_listen_address(std::string_view text) {
  ListenAddress address;
  const auto parts = split_port(text);
  bool is_valid = parts && parts->port;
  if (is_valid && !parts->host.empty()) {
    const auto ip = core::IpAddress::parse(parts->host);
    is_valid = ip.has_value();
    if (is_valid) address.ip = *ip;
  }
  if (is_valid && *parts->port != "0") {
    const auto port = parse_port(*parts->port);
    is_valid = port.has_value();
    if (is_valid) address.port = *port;
  }
  if (!is_valid) return expected("an address such as \":443\", \"10.0.0.1:443\" or \"[::1]:443\"");
  return address;
}

core::Result<core::Endpoint> parse_name_server(std::string_view text) {
  core::Endpoint server;
  server.port = kDnsPort;
  const auto parts = split_port(text);
  bool is_valid = parts.has_value();
  if (is_valid) {
    const auto ip = core::IpAddress::parse(parts->host);
    is_valid = ip.has_value();
    if (is_valid) server.ip = *ip;
  }
  if (is_valid && parts->port) {
    const auto port = parse_port(*parts->port);
    is_valid = port.has_value();
    if (is_valid) server.port = *port;
  }
  if (!is_valid) return expected("the address of a name server such as 10.0.0.10:53");
  return server;
}

core::Result<core::Network> parse_network(std::string_view text) {
  auto network = core::Network::parse(text);
  if (!network) return expected("a network such as 10.0.0.0/8, or an address (" + network.error().text + ")");
  return network;
}

core::Result<core::Url> parse_origin(std::string_view text) {
  auto url = core::parse_url(text);
  if (!url) return expected("a URL such as http://app.internal:8080 (" + url.error().text + ")");
  if (text.contains('#') || text.contains('?') || url->path != "/") {
    return expected("scheme, host and port only, without a path or query");
  }
  // One origin, one value: the scheme's own port is the same as none.
  const std::uint16_t port = std::exchange(url->authority.port, 0);
  if (url->effective_port() != port) url->authority.port = port;
  return url;
}

core::Result<std::string> parse_host(std::string_view text) {
  const auto authority = core::parse_authority(text);
  if (!authority) return expected("a host name (" + authority.error().text + ")");
  if (authority->port != 0) return expected("a host name without a port");
  return authority->host;
}

core::Result<std::string> parse_exact_path(std::string_view text) {
  if (!text.starts_with('/')) return expected("a path that begins with /");
  if (text.contains('?') || text.contains('#')) return expected("a path without query and fragment");
  auto normal = core::normalise_path(text, core::EncodedSlashes::refuse);
  if (!normal) return expected("a path (" + normal.error().text + ")");
  return normal;
}

core::Result<std::string> parse_path(std::string_view text) {
  auto path = parse_exact_path(text);
  if (path && path->size() > 1 && path->ends_with('/')) path->pop_back();
  return path;
}

core::Result<bool> parse_flag(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return expected("true or false");
}

core::Result<std::string> parse_line(std::string_view text) {
  if (text.empty()) return expected("a value that is not empty");
  if (!core::is_plain_text(text)) return expected("text of one line");
  return std::string(text);
}

core::Result<std::string> parse_file_path(std::string_view text) {
  if (text.empty() || text.contains('\0')) return expected("the path of a file");
  return std::string(text);
}

core::Result<std::string> parse_name(std::string_view text) {
  const bool is_name = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (text.empty() || text.size() > kMaxName || !is_name) {
    return expected("a name of letters, digits, - and _, at most 64");
  }
  return std::string(text);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace config

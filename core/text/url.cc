#include "core/text/url.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/text/percent.h"

namespace core {
namespace {

constexpr std::size_t kMaxNameBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool is_name_byte(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

// What WHATWG calls "ends in a number": a browser would read such a name as an IPv4 address.
bool is_numeric_label(std::string_view label) {
  if (label.starts_with("0x")) {
    return std::ranges::all_of(label.substr(2), [](char c) { return hex_digit(c) >= 0; });
  }
  return std::ranges::all_of(label, is_digit);
}

bool is_dotted_quad(const std::string& host) {
  in_addr address{};
  // inet_pton takes exactly four decimal parts, but glibc allows leading zeros in none of them.
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_registered_name(const std::string& host) {
  if (host.empty() || host.size() > kMaxNameBytes) return false;
  std::string_view rest = host;
  std::string_view label;
  while (true) {
    const std::size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    if (label.empty() || label.size() > kMaxLabelBytes || !std::ranges::all_of(label, is_name_byte))
      return false;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  return !is_numeric_label(label) || is_dotted_quad(host);
}

// The text between the brackets in the form of RFC 5952, or empty.
std::string normal_ipv6(std::string_view inside) {
  if (inside.size() >= INET6_ADDRSTRLEN || inside.find('\0') != std::string_view::npos) return {};
  in6_addr address{};
  if (inet_pton(AF_INET6, std::string(inside).c_str(), &address) != 1) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_ntop(AF_INET6, &address, text.data(), text.size()) == nullptr) return {};
  return fmt::format("[{}]", text.data());
}

// 0: not a port.
std::uint16_t parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.front() == '0' || !std::ranges::all_of(text, is_digit))
    return 0;
  unsigned value = 0;
  for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
  return value > 65535 ? std::uint16_t{0} : static_cast<std::uint16_t>(value);
}

std::string parse_host(std::string_view text) {
  if (text.starts_with('[')) return text.ends_with(']') ? normal_ipv6(text.substr(1, text.size() - 2)) : "";
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.size() > kMaxNameBytes) return {};
  std::string host(text);
  std::ranges::transform(host, host.begin(), lower);
  if (!is_registered_name(host)) return {};
  return host;
}

bool is_path_text(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c <= ' ' || c > '~' || std::string_view("\"<>\\^`{}").find(c) != std::string_view::npos) return false;
    if (c != '%') continue;
    if (path.size() - i < 3 || hex_digit(path[i + 1]) < 0 || hex_digit(path[i + 2]) < 0) return false;
  }
  return true;
}

bool is_query_text(std::string_view query) {
  return std::ranges::all_of(query, [](char c) { return c > ' ' && c <= '~'; });
}

// "http" or "https", or empty; `rest` is moved behind the "://".
std::string take_scheme(std::string_view& rest) {
  const std::size_t colon = rest.find("://");
  if (colon == std::string_view::npos || colon > 5) return {};
  std::string scheme(rest.substr(0, colon));
  std::ranges::transform(scheme, scheme.begin(), lower);
  if (scheme != "http" && scheme != "https") return {};
  rest.remove_prefix(colon + 3);
  return scheme;
}

}  // namespace

Result<Authority> parse_authority(std::string_view text, Side side) {
  std::string_view host = text;
  std::uint16_t port = 0;
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = parse_port(text.substr(colon + 1));
    if (port == 0) return failure(ErrorKind::malformed, side, "the port of an authority is not a port");
  }
  Authority authority{parse_host(host), port};
  if (authority.host.empty())
    return failure(ErrorKind::malformed, side, "the host of an authority is not a host");
  return authority;
}

std::uint16_t Url::effective_port() const {
  if (authority.port != 0) return authority.port;
  return scheme == "https" ? 443 : 80;
}

std::string Url::origin() const {
  const std::uint16_t standard = scheme == "https" ? 443 : 80;
  if (effective_port() == standard) return fmt::format("{}://{}", scheme, authority.host);
  return fmt::format("{}://{}:{}", scheme, authority.host, authority.port);
}

std::string Url::text() const {
  return origin().append(path).append(query);
}

Result<Url> parse_url(std::string_view text, Side side) {
  if (text.size() > kMaxUrlBytes) return failure(ErrorKind::too_large, side, "a URL is too long");
  std::string_view rest = text;
  Url url;
  url.scheme = take_scheme(rest);
  if (url.scheme.empty())
    return failure(ErrorKind::malformed, side, "a URL is not an absolute http or https URL");
  auto authority = parse_authority(rest.substr(0, rest.find_first_of("/?#")), side);
  if (!authority) return failure(std::move(authority).error());
  url.authority = std::move(*authority);
  rest.remove_prefix(std::min(rest.size(), rest.find_first_of("/?#")));

  const std::string_view fragment = rest.substr(std::min(rest.size(), rest.find('#')));
  rest.remove_suffix(fragment.size());
  const std::string_view path = rest.substr(0, rest.find('?'));
  const std::string_view query = rest.substr(path.size());
  if (!is_path_text(path) || !is_query_text(query) || !is_query_text(fragment)) {
    return failure(ErrorKind::malformed, side, "a URL holds characters that must be escaped");
  }
  if (!path.empty()) url.path = path;
  url.query = query;
  return url;
}

}  // namespace core

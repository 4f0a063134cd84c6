#include "gateway/run/self_test_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "config/identity.h"

namespace gateway {
namespace {

// On purpose a list of its own: what the header policy forgot is to be found here.
constexpr std::array<std::string_view, 64> kWidelyUsed = {
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Port",
    "X-Forwarded-Server",
    "X-Forwarded-Uri",
    "X-Forwarded-Method",
    "X-Forwarded-Prefix",
    "X-Forwarded-Ssl",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-Access-Token",
    "X-Forwarded-Client-Cert",
    "Forwarded",
    "X-Real-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "Fastly-Client-IP",
    "X-Request-Id",
    "X-Original-URL",
    "X-Original-URI",
    "X-Original-Method",
    "X-Rewrite-URL",
    "X-User",
    "X-Username",
    "X-User-Id",
    "X-Email",
    "X-Groups",
    "X-Userinfo",
    "X-Proxy-User",
    "X-Authenticated-User",
    "X-Auth-User",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Auth-Request-Groups",
    "X-Auth-Request-Preferred-Username",
    "X-Auth-Request-Access-Token",
    "X-WEBAUTH-USER",
    "X-WEBAUTH-ROLE",
    "X-Remote-User",
    "X-Remote-Group",
    "Remote-User",
    "Remote-Groups",
    "Remote-Email",
    "X-Pomerium-Jwt-Assertion",
    "X-Pomerium-Claim-Email",
    "X-Goog-IAP-JWT-Assertion",
    "X-Goog-Authenticated-User-Email",
    "X-Amzn-Oidc-Identity",
    "X-Amzn-Oidc-Data",
    "Cf-Access-Jwt-Assertion",
    "Cf-Access-Authenticated-User-Email",
    "X-authentik-username",
    "OIDC-CLAIM-email",
    "X-Token-User-Name",
    "X-JWT-Assertion",
    "Client-Cert",
    "SSL-Client-S-DN",
    "GAP-Auth",
    "Proxy",
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool is_separator(char c) {
  return c == '-' || c == '_';
}

template <typename Change>
std::string changed(std::string_view name, const Change& change) {
  std::string other(name);
  std::ranges::transform(other, other.begin(), change);
  return other;
}

std::string separated_by(std::string_view name, char separator) {
  return changed(name, [separator](char c) { return is_separator(c) ? separator : c; });
}

std::vector<std::string> spellings_of(const std::string& name) {
  const auto environment = [](char c) { return is_separator(c) ? '_' : upper(c); };
  return {name,
          changed(name, upper),
          changed(name, lower),
          separated_by(name, '_'),
          separated_by(name, '.'),
          separated_by(name, '~'),
          "HTTP_" + changed(name, environment),
          name};  // twice
}

void add_engine_names(const config::Access& access, std::set<std::string>& names) {
  if (access.authorize) names.insert(access.authorize->identity.begin(), access.authorize->identity.end());
}

char hex_digit(unsigned value) {
  return "0123456789abcdef"[value & 0xFU];
}

/// The path with its byte at `place` as an escape in lower case.
std::string with_escape_at(std::string_view path, std::size_t place) {
  std::string other(path);
  const auto byte = static_cast<unsigned char>(path[place]);
  const char escape[] = {'%', hex_digit(byte >> 4U), hex_digit(byte), '\0'};
  return other.replace(place, 1, escape);
}

}  // namespace

std::vector<std::string> claimed_names(const config::Config& config) {
  std::set<std::string> names(kWidelyUsed.begin(), kWidelyUsed.end());
  for (const std::string_view name : config::identity_field_names()) names.emplace(name);
  for (const config::Route& route : config.routes) {
    for (const config::IdentityLine& line : config::identity_lines(route.identity)) names.insert(line.name);
    add_engine_names(route.access, names);
    for (const config::Except& except : route.excepts) add_engine_names(except.access, names);
  }
  if (!config.listen.client_ip_header.empty()) names.insert(config.listen.client_ip_header);
  return {names.begin(), names.end()};
}

std::string spoofed_lines(const std::vector<std::string>& names) {
  std::string lines;
  for (const std::string& name : names) {
    for (const std::string& spelling : spellings_of(name))
      lines.append(spelling).append(": ").append(kSpoofMark).append("\r\n");
  }
  return lines.append(fmt::format("Connection: X-Of-One-Hop\r\nX-Of-One-Hop: {}\r\n", kSpoofMark));
}

std::vector<std::string> malformed_lines() {
  std::vector<std::string> lines;
  for (const std::string_view form :
       {"X-Forwarded-User : {}", "X-Forwarded-User\t: {}", "X-Forwarded User: {}", " X-Forwarded-User: {}",
        "X-Harmless: a\r\n X-Forwarded-User: {}", "X-Forwarded-User\v: {}"}) {
    lines.push_back(fmt::format(fmt::runtime(form), kSpoofMark) + "\r\n");
  }
  return lines;
}

std::vector<std::string> other_spellings(std::string_view path) {
  const std::string whole(path);
  std::vector<std::string> others{"/" + whole,     "/." + whole,        "/%2e" + whole,
                                  "/x/.." + whole, "/x/%2e%2E" + whole, whole + ";x=1"};
  const auto is_letter = [](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; };
  if (const auto letter = std::ranges::find_if(path, is_letter); letter != path.end())
    others.push_back(with_escape_at(path, static_cast<std::size_t>(letter - path.begin())));
  if (const std::size_t slash = path.find('/', 1); slash != std::string_view::npos) {
    others.push_back(with_escape_at(path, slash));
    others.push_back(whole.substr(0, slash) + ";y" + whole.substr(slash));
    others.push_back(whole.substr(0, slash) + "\\" + whole.substr(slash + 1));
  }
  return others;
}

std::string name_as_folded(std::string_view name) {
  std::string folded = changed(name, [](char c) {
    const bool stays = (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
    return stays ? lower(c) : '-';
  });
  if (folded.starts_with("http-")) folded.erase(0, 5);
  return folded;
}

}  // namespace gateway

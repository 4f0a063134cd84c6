#include "gateway/model/identity_names.h"

#include <algorithm>
#include <array>

namespace gateway {
namespace {

constexpr std::size_t kLongestName =
    64;  // of the names compared; a longer one is compared by its first 64 bytes

// Beginnings, folded: everything below them speaks of a user, of the original URL, or of a client
// certificate.
constexpr std::array<std::string_view, 37> kPrefixes = {
    "x-forwarded-",
    "x-auth-request-",
    "x-auth-user",
    "x-webauth-",
    "x-pomerium-",
    "x-goog-iap-",
    "x-goog-authenticated-user-",
    "x-amzn-oidc-",
    "cf-access-",
    "x-authentik-",
    "x-authelia-",
    "oidc-claim-",
    "oidc-access-token",
    "x-envoy-",
    "x-original-",
    "x-rewrite-",
    "remote-",
    "x-remote-",
    "ssl-client-",
    "x-ssl-",
    "x-client-cert",
    "x-client-verify",
    "x-client-dn",
    "client-cert",
    "x-amzn-mtls-",
    "x-tls-client-",
    "x-arr-clientcert",
    "x-token-user-",
    "x-token-subject",
    "x-skipper-",
    "gap-auth",
    "gap-signature",
    "x-jwt-assertion",
    "x-userinfo",
    "x-user-",
    "x-email",
    "x-groups",
};

// Whole names, folded. Names of a client's address are here because only one field, if any, is ever believed.
constexpr std::array<std::string_view, 14> kNames = {
    "proxy",
    "x-user",
    "x-real-ip",
    "x-request-id",
    "forwarded",
    "x-proxy-user",
    "x-authenticated-user",
    "x-username",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "fastly-client-ip",
};

struct Folded {
  std::array<char, kLongestName> bytes;
  std::size_t size = 0;
  [[nodiscard]] std::string_view view() const { return {bytes.data(), size}; }
};

char folded_byte(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return c;
  return '-';
}

/// Without a leading HTTP_, which CGI and WSGI write before the name of every field.
std::string_view without_http(std::string_view name) {
  constexpr std::string_view kHttp = "http-";
  const bool has_it = name.size() > kHttp.size() && folds_alike(name.substr(0, kHttp.size()), kHttp);
  return has_it ? name.substr(kHttp.size()) : name;
}

Folded fold(std::string_view name) {
  Folded folded;
  name = without_http(name);
  folded.size = std::min(name.size(), kLongestName);
  std::transform(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(folded.size), folded.bytes.begin(),
                 folded_byte);
  return folded;
}

bool is_well_known(std::string_view folded) {
  switch (folded.empty() ? '\0' : folded.front()) {
    case 'x':
    case 'r':
    case 'c':
    case 'o':
    case 's':
    case 't':
    case 'g':
    case 'p':
    case 'f':
      break;
    default:
      return false;
  }
  return std::ranges::any_of(kPrefixes,
                             [&](std::string_view prefix) { return folded.starts_with(prefix); }) ||
         std::ranges::find(kNames, folded) != kNames.end();
}

}  // namespace

std::string folded_name(std::string_view name) {
  std::string folded(name);
  std::ranges::transform(folded, folded.begin(), folded_byte);
  return folded;
}

bool folds_alike(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, folded_byte, folded_byte);
}

IdentityNames::IdentityNames(const std::vector<std::string>& used) {
  for (const std::string& name : used) used_.emplace_back(fold(name).view());
  std::ranges::sort(used_);
}

IdentityNames IdentityNames::of_an_origin() {
  IdentityNames names({});
  names.strips_ = false;
  return names;
}

bool IdentityNames::contains(std::string_view name) const {
  const Folded folded = fold(name);
  return is_well_known(folded.view()) || std::ranges::binary_search(used_, folded.view());
}

std::size_t IdentityNames::strip(core::Fields& fields) const {
  if (!strips_) return 0;
  return fields.remove_if([this](const core::Field& field) { return contains(field.name); });
}

}  // namespace gateway

// Who may enter, as configured: login, session, identity providers, policies. Plain values, complete and
// checked once they come out of the loader; names between them are resolved. Nothing here is decided per
// request.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/position.h"
#include "config/types_limits.h"
#include "config/types_secret.h"
#include "config/types_storage.h"
#include "core/net/address.h"
#include "core/text/url.h"

namespace config {

/// The way to a claim. A `literal` (a name that itself contains dots) is looked for first and wins; then
/// `steps` from the top of the claims. A step through an array means any element of it.
struct ClaimPath {
  std::string literal;             ///< empty: written as a list, only the steps count
  std::vector<std::string> steps;  ///< never empty
  friend bool operator==(const ClaimPath&, const ClaimPath&) = default;
};

enum class ProviderType {
  oidc,
  google,
  keycloak,  ///< its roles are in the access token, which is read as well
};

/// What an e-mail address in the claims is worth.
enum class EmailTrust {
  verified,  ///< counts only with email_verified: true
  trusted,   ///< counts as it is
  ignored,   ///< never counts; rules that deny see it all the same
};

/// Where claims are taken from; a later source adds what the earlier ones lack.
enum class ClaimSource {
  id_token,
  userinfo,
  access_token,  ///< keycloak: a JWT, verified like an ID token but for whom it is meant (azp)
};

/// Which claim fills which part of the identity.
struct ClaimNames {
  ClaimPath user{"sub", {"sub"}};
  ClaimPath email{"email", {"email"}};
  ClaimPath name{"name", {"name"}};
  ClaimPath preferred_username{"preferred_username", {"preferred_username"}};
  ClaimPath groups{"groups", {"groups"}};
  friend bool operator==(const ClaimNames&, const ClaimNames&) = default;
};

struct Provider {
  std::string name;   ///< the key under login.providers; goes into sessions
  std::string title;  ///< shown on the sign-in page; by default the name
  ProviderType type = ProviderType::oidc;
  std::string
      issuer;  ///< as written: compared byte for byte with `issuer` of the metadata and `iss` of tokens
  core::Url issuer_url;                 ///< the same, parsed; https, or http on a loopback host
  std::optional<core::Url> connect_to;  ///< where the issuer is reached instead; scheme, host and port only
  std::string ca_file;                  ///< PEM roots for the issuer; empty: the system's
  std::string client_id;
  ConfiguredSecret client_secret;
  std::vector<std::string> scopes{"openid", "email", "profile"};
  std::string prompt;  ///< of the authorization request; empty: not sent
  std::vector<std::pair<std::string, std::string>>
      extra;  ///< further parameters of the authorization request
  ClaimNames claims;
  std::vector<ClaimSource> claims_from{ClaimSource::id_token, ClaimSource::userinfo};
  EmailTrust email = EmailTrust::verified;
  std::string hosted_domain;  ///< google: `hd` must be this; empty: any account
  Position at;
  friend bool operator==(const Provider&, const Provider&) = default;
};

enum class SameSite { lax, none };

/// Where sessions are kept; everywhere but in cookies with the provider's tokens.
enum class SessionStoreKind {
  cookie,   ///< claims in the cookie, tokens nowhere
  memory,   ///< this process
  storage,  ///< where `storage` is
  redis,    ///< a server of their own
};

struct SessionSettings {
  std::chrono::seconds lifetime = std::chrono::hours(12);  ///< absolute, also Max-Age
  std::chrono::seconds idle = std::chrono::hours(2);       ///< per host; never over `lifetime`
  std::string cookie_domain;                               ///< empty: a __Host- cookie for each host
  std::string cookie_name = "gateway";
  SameSite same_site = SameSite::lax;
  SessionStoreKind store = SessionStoreKind::cookie;
  RedisAddress store_redis;  ///< of store redis
  /// How old claims may grow before their provider is asked again; none: as old as the session. Never with
  /// store cookie.
  std::optional<std::chrono::seconds> refresh;
  std::vector<ConfiguredSecret> keys;  ///< 32 bytes each, decoded; first seals; empty: generated into storage
  friend bool operator==(const SessionSettings&, const SessionSettings&) = default;
};

/// Another proxy, which asks PREFIX/auth whether a request of its own may pass.
struct AuthCheck {
  std::vector<core::Network> from;    ///< whose word counts for what is asked about; never empty
  std::optional<std::size_t> policy;  ///< in Config::policies, of URLs that no route serves; none: refused
  friend bool operator==(const AuthCheck&, const AuthCheck&) = default;
};

struct Login {
  std::string host;                    ///< canonical; empty only when no route needs a session
  std::string prefix = "/oauth2";      ///< no slash at its end
  std::vector<std::string> return_to;  ///< further origins in normal form (https://app.example.org)
  SessionSettings session;
  std::vector<Provider> providers;  ///< in the order of the file
  /// Of one address, at the endpoints of a sign-in; none: no limit.
  std::optional<RateLimit> rate = RateLimit{10, std::chrono::seconds(1), 100, RatePer::address};
  std::optional<AuthCheck> auth_check;
  std::string page_title;  ///< login.pages.title; empty: the host that the page is on
  friend bool operator==(const Login&, const Login&) = default;
};

/// A claim is compared by JSON type and value, never as text.
using ClaimValue = std::variant<std::string, std::int64_t, double, bool>;

/// Holds if the claim equals one of `any_of`, or is an array that contains one.
struct ClaimTest {
  ClaimPath path;
  std::vector<ClaimValue> any_of;
  friend bool operator==(const ClaimTest&, const ClaimTest&) = default;
};

/// One entry of allow or deny: every test that is engaged must hold; a list is any of, and an empty list (an
/// e-mail file without addresses) matches nobody. A rule has at least one test; one without would match
/// nobody.
struct Rule {
  bool authenticated = false;                             ///< any person that any provider lets in
  std::optional<std::vector<std::string>> providers;      ///< names of login.providers
  std::optional<std::vector<std::string>> emails;         ///< lower-cased, sorted
  std::optional<std::vector<std::string>> email_domains;  ///< lower-cased; exactly this domain
  std::optional<std::vector<std::string>> groups;
  std::vector<ClaimTest> claims;  ///< all of them must hold
  std::string email_file;         ///< where `emails` came from, empty if from the list
  Position at;
  friend bool operator==(const Rule&, const Rule&) = default;
};

/// What somebody sees who is signed in and admitted by no rule.
enum class Otherwise { denied, pending, redirect };

/// `deny` is looked at first and wins; then any rule of `allow` admits; else `otherwise`.
struct Policy {
  std::string name;
  std::vector<Rule> deny;
  std::vector<Rule> allow;
  Otherwise otherwise = Otherwise::denied;
  std::string otherwise_url;  ///< https; set only for redirect
  Position at;
  friend bool operator==(const Policy&, const Policy&) = default;
};

}  // namespace config

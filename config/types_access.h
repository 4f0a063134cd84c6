// How people enter, as configured: login, session, identity providers; policies are types_policy.h's. Plain
// values, complete and checked once they come out of the loader; names between them are resolved. Nothing
// here is decided per request.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/position.h"
#include "config/types_break_glass.h"
#include "config/types_limits.h"
#include "config/types_policy.h"
#include "config/types_secret.h"
#include "config/types_storage.h"
#include "core/net/address.h"
#include "core/text/url.h"

namespace config {

enum class ProviderType {
  oidc,
  google,
  keycloak,  ///< its roles are in the access token, which is read as well
  github,    ///< github.com or GitHub Enterprise: OAuth 2.0 and an interface of its own, no OpenID
  gitlab,    ///< gitlab.com or an instance of one's own
  entra,     ///< Microsoft Entra ID: one tenant, several, or all
  dex,       ///< is asked for groups
};

/// What it is there for.
enum class ProviderUse {
  sign_in,  ///< people sign in there
  tokens,   ///< it writes the tokens of machines, and nothing else is known of it (login.clients)
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

/// How the access token comes to the UserInfo endpoint (RFC 6750).
enum class UserinfoToken {
  header,  ///< section 2.1
  body,    ///< section 2.2: as a form, for an endpoint that takes nothing else
};

/// Which claim fills which part of the identity.
struct ClaimNames {
  ClaimPath user{"sub", {"sub"}};
  ClaimPath email{"email", {"email"}};
  ClaimPath name{"name", {"name"}};
  ClaimPath preferred_username{"preferred_username", {"preferred_username"}};
  ClaimPath groups{"groups", {"groups"}};
  std::optional<ClaimPath> roles;  ///< none: no policy asks for roles
  friend bool operator==(const ClaimNames&, const ClaimNames&) = default;
};

struct Provider {
  std::string name;   ///< the key under login.providers; goes into sessions
  std::string title;  ///< shown on the sign-in page; by default the name
  ProviderType type = ProviderType::oidc;
  ProviderUse use = ProviderUse::sign_in;
  std::string
      issuer;  ///< as written: compared byte for byte with `issuer` of the metadata and `iss` of tokens
  core::Url issuer_url;                 ///< the same, parsed; https, or http on a loopback host
  std::optional<core::Url> connect_to;  ///< where the issuer is reached instead; scheme, host and port only
  std::string ca_file;                  ///< PEM roots for the issuer; empty: the system's
  std::string client_id;
  // How the provider knows that it is us: one of three.
  ConfiguredSecret client_secret;
  ConfiguredSecret client_key;   ///< PEM of a private key: private_key_jwt
  std::string client_key_id;     ///< `kid` of it; empty: its thumbprint (RFC 7638)
  std::string certificate_file;  ///< PEM, shown in TLS (RFC 8705)
  std::string certificate_key_file;
  std::vector<std::string> scopes{"openid", "email", "profile"};
  std::string prompt;      ///< of the authorization request; empty: not sent
  std::string acr_values;  ///< the same
  std::vector<std::pair<std::string, std::string>>
      extra;  ///< further parameters of the authorization request
  ClaimNames claims;
  std::vector<ClaimSource> claims_from{ClaimSource::id_token, ClaimSource::userinfo};
  UserinfoToken userinfo_token = UserinfoToken::header;
  EmailTrust email = EmailTrust::verified;
  std::string hosted_domain;  ///< google: `hd` must be this; empty: any account
  std::string tenant;         ///< entra: what stands in its URLs, an id, organizations, common or consumers
  std::vector<std::string> tenants;  ///< entra: ids that people may come from; empty: what `tenant` lets in
  Position at;
  friend bool operator==(const Provider&, const Provider&) = default;
};

/// Machines, which bring a bearer token of their issuer with each request.
struct Client {
  std::string name;  ///< the key under login.clients; what rules name
  /// Whose tokens count: the issuer's. Its name is "clients." and the client's, its use tokens; it has
  /// credentials only where tokens are asked about.
  Provider issuer;
  std::string audience;             ///< that `aud` must name, byte for byte
  std::vector<std::string> scopes;  ///< that a token must have, all of them
  /// How long an answer about an opaque token counts (RFC 7662); none: opaque tokens are nobody's.
  std::optional<std::chrono::seconds> introspection_cache;
  Position at;
  friend bool operator==(const Client&, const Client&) = default;
};

enum class ClientCertificates {
  optional,  ///< who shows none goes on without
  required,  ///< who shows none does not get through the handshake
};

/// Machines (or devices, or persons) that are known by a certificate which they show in TLS.
struct CertificateClient {
  std::string name;                ///< the key under login.client_certificates; what rules name as client
  std::vector<std::string> hosts;  ///< on which they are asked for one: a host, or "*." and a host
  std::string ca_file;             ///< PEM: whose certificates count, and nobody else's
  std::string crl_file;            ///< PEM; empty: none
  ClientCertificates mode = ClientCertificates::optional;
  /// What of a certificate makes the identity. Its name is "clients." and the client's, its use tokens.
  Provider issuer;
  Position at;
  friend bool operator==(const CertificateClient&, const CertificateClient&) = default;
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
  Position at;
  friend bool operator==(const AuthCheck&, const AuthCheck&) = default;
};

/// Tokens that persons may have made for programs of theirs.
struct PersonalTokenSettings {
  std::size_t policy = 0;                                       ///< in Config::policies: who may
  std::chrono::seconds lifetime = std::chrono::hours(24 * 90);  ///< of one, at most
  friend bool operator==(const PersonalTokenSettings&, const PersonalTokenSettings&) = default;
};

/// How the gateway's own pages look.
struct PageSettings {
  std::string directory;  ///< of pages that take the place of the built-in ones; empty: none
  std::string title;      ///< empty: the host that the page is on
  std::string logo;       ///< a file with a picture; empty: the built-in mark
  std::string support;    ///< an e-mail address or an https URL; empty: none
  friend bool operator==(const PageSettings&, const PageSettings&) = default;
};

struct Login {
  std::string host;                    ///< canonical; empty only when no route needs a session
  std::string prefix = "/oauth2";      ///< no slash at its end
  std::vector<std::string> return_to;  ///< further origins in normal form (https://app.example.org)
  bool keeps_fragment = false;         ///< of the URL that was asked for: costs a page and a script
  SessionSettings session;
  std::vector<Provider> providers;  ///< in the order of the file
  std::vector<Client> clients;      ///< the same
  std::vector<CertificateClient> certificate_clients;
  /// Of one address, at the endpoints of a sign-in; none: no limit.
  std::optional<RateLimit> rate = RateLimit{10, std::chrono::seconds(1), 100, RatePer::address};
  /// Of one person: sign-ins that a provider vouched for, and requests that were refused. None: no limit.
  std::optional<RateLimit> sign_in_rate = RateLimit{10, std::chrono::minutes(1), 60, RatePer::user};
  std::optional<RateLimit> denied_rate = RateLimit{60, std::chrono::minutes(1), 120, RatePer::user};
  std::optional<AuthCheck> auth_check;
  std::optional<PersonalTokenSettings> tokens;  ///< none: there are none
  std::optional<BreakGlass> break_glass;        ///< none: there is no such account
  PageSettings pages;
  friend bool operator==(const Login&, const Login&) = default;
};

}  // namespace config

// What is served where, as configured: hosts, paths, what answers, who may pass, which headers are changed.
// Plain values with defaults already applied: a reader of a Route needs to look nowhere else but at
// Config::policies.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/position.h"
#include "config/types_authorize.h"
#include "config/types_limits.h"
#include "config/types_path.h"
#include "config/types_secret.h"
#include "config/types_upstream.h"
#include "core/text/request_path.h"
#include "core/text/url.h"

namespace config {

/// What it takes to pass. A value nobody has set denies.
enum class AccessKind {
  deny,
  open,
  policy,  ///< a session that the policy admits, and what `authorize` says, if there is one
  engine,  ///< what `authorize` says, without a session of ours
};

struct Access {
  AccessKind kind = AccessKind::deny;
  std::size_t policy = 0;                   ///< index in Config::policies; only for AccessKind::policy
  std::optional<Authorize> authorize = {};  ///< another engine that must agree
  friend bool operator==(const Access&, const Access&) = default;
};

/// What a request without a session gets. WebSockets always get 401.
enum class Unauthenticated {
  automatic,  ///< a GET navigation is redirected to sign-in, all else is 401
  redirect,   ///< GET and HEAD are redirected, all else is 401
  refuse,     ///< 401
};

/// A sub-path with an access rule of its own; absolute, inside the route's path. An open one gets no identity
/// fields.
struct Except {
  PathPattern path;
  Access access;
  Unauthenticated unauthenticated = Unauthenticated::automatic;
  std::vector<std::string> methods;  ///< exact, sorted; empty: every method. The route's unless written
  Position at;
  friend bool operator==(const Except&, const Except&) = default;
};

/// Which headers carry the identity; see config/identity.h for the fields of each preset.
enum class IdentityPreset {
  none,
  oauth2_proxy,
  forwarded_user,
  grafana,
  remote_user,
  gitea,
  x_remote_user,
  signed_jwt,    ///< the assertion in a field of no product
  pomerium_jwt,  ///< where Pomerium has it
  iap_jwt,       ///< where Google's Identity-Aware Proxy has it
  fields,
};

struct IdentityField {
  std::string name;  ///< as written
  Located value;     ///< a template: "{user}", "{claim.a.b}"
  friend bool operator==(const IdentityField&, const IdentityField&) = default;
};

struct Identity {
  IdentityPreset preset = IdentityPreset::none;
  std::vector<IdentityField> fields;  ///< only for IdentityPreset::fields
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// What the gateway itself proves to an upstream (HTTP Basic, RFC 7617), in place of the client's
/// Authorization.
struct BasicCredentials {
  std::string user;
  ConfiguredSecret password;
  friend bool operator==(const BasicCredentials&, const BasicCredentials&) = default;
};

/// Which of the provider's tokens an upstream is sent as `Authorization: Bearer`.
enum class ForwardToken { none, access, id };

/// Set replaces every field of that name; remove comes first. Names as written, compared without case.
struct HeaderEdits {
  std::vector<std::pair<std::string, Located>> set;  ///< values are templates
  std::vector<std::string> remove;
  friend bool operator==(const HeaderEdits&, const HeaderEdits&) = default;
};

/// Answers with a redirect; `to` is a template of {uri}, {path}, {host} with a literal scheme.
struct Redirect {
  Located to;
  int status = 308;
  friend bool operator==(const Redirect&, const Redirect&) = default;
};

/// Answers with a fixed text.
struct Respond {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  friend bool operator==(const Respond&, const Respond&) = default;
};

using RouteAction = std::variant<Upstream, Redirect, Respond>;

/// Scripts of which other origins may use a route from a browser (the Fetch standard's CORS protocol).
struct CrossOrigin {
  std::vector<std::string> origins;  ///< normal form; empty: every origin, which excludes credentials
  bool takes_credentials = false;
  std::vector<std::string> methods;                 ///< exact, sorted, never empty
  std::optional<std::vector<std::string>> headers;  ///< of requests; none: whichever a preflight asks for
  std::vector<std::string> exposed;                 ///< of answers, besides those that scripts always see
  std::chrono::seconds max_age = std::chrono::minutes(10);  ///< how long a preflight's answer holds
  friend bool operator==(const CrossOrigin&, const CrossOrigin&) = default;
};

/// Whether %2F in a path passes as an ordinary byte.
using SlashMode = core::EncodedSlashes;

/// What a sign-in for a route asks the provider for. Empty: the provider's own, or nothing.
struct SignIn {
  /// Names of login.providers among which the person chooses; empty: those that the policy admits, or all.
  std::vector<std::string> providers;
  std::string prompt;  ///< in place of the provider's
  std::string
      acr_values;  ///< authentication context classes, with blanks between, in place of the provider's
  /// Whether somebody may sign in there for this route.
  [[nodiscard]] bool takes(const std::string& provider) const {
    return providers.empty() || std::ranges::find(providers, provider) != providers.end();
  }
  friend auto operator<=>(const SignIn&, const SignIn&) = default;
};

struct Route {
  std::string host;  ///< canonical; "*.example.com": exactly one label; "*": any host
  PathPattern path;
  std::vector<HeaderMatch> headers;  ///< all must hold
  std::string app;                   ///< a name of known_apps(), whose keys are in here; empty: none
  RouteAction action = Respond{};
  Access access;
  Unauthenticated unauthenticated = Unauthenticated::automatic;
  std::vector<Except> excepts;
  Identity identity;
  std::optional<BasicCredentials> basic;
  ForwardToken forward_token = ForwardToken::none;
  std::vector<std::string> methods;  ///< exact, sorted; empty: every method
  HeaderEdits request_headers;
  HeaderEdits response_headers;
  PathChange path_change;
  std::optional<CrossOrigin> cross_origin;
  SlashMode encoded_slashes = SlashMode::refuse;
  std::vector<std::string> websocket_origins;  ///< normal form; empty: the route's own origin
  std::optional<std::chrono::milliseconds> websocket_lifetime;  ///< of one connection; none: its session's
  RequestLimits limits;
  bool compresses = false;  ///< what an upstream answers
  Timeouts timeouts;
  bool acme = true;  ///< a certificate may be ordered for the host
  SignIn sign_in;
  Position at;
  friend bool operator==(const Route&, const Route&) = default;
};

}  // namespace config

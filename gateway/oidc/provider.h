// An identity provider as sign-in needs it: where to send the browser, what its code is worth, where to sign
// out. What a provider may be (any OpenID provider by discovery; later others) stays behind this.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/loop/flow.h"
#include "gateway/model/identity.h"
#include "gateway/session/stored_session.h"

namespace gateway {

/// What one attempt sends with the browser.
struct AuthorizationWish {
  std::string redirect_uri;
  std::string state;
  std::string nonce;
  std::string code_challenge;  ///< S256
  std::string prompt;          ///< in place of the configured one; empty: that
  std::string acr_values;      ///< the same
  std::string login_hint;      ///< empty: not sent
  core::WallTime now;
};

/// What the callback brought back, and what the attempt kept for it.
struct CodeGrant {
  std::string code;
  std::string redirect_uri;
  std::string nonce;
  core::Secret verifier;
  core::WallTime now;
};

/// Who signed in, and what the provider gave to ask it again. The session's own members of the identity are
/// empty.
struct SignedIn {
  Identity identity;
  Tokens tokens;
  /// Of refresh(): the tokens are new, but why the person could not be asked about; `identity` is as before.
  std::optional<core::Error> unchecked;
};

/// The provider has spoken, and does not vouch for the person any more.
[[nodiscard]] inline bool is_final(const core::Error& error) {
  return error.kind == core::ErrorKind::refused || error.kind == core::ErrorKind::unverified;
}

/// What asks again about a session.
struct RefreshGrant {
  core::Secret refresh_token;
  Identity before;  ///< as it was: the answer must be about the same person
  core::WallTime now;
};

/// What the answer to an authorization request says besides code and error (RFC 9207).
enum class IssuerParameter { absent, present };

/// MUST: wait only in pushed_url(), exchange() and refresh(); keep no token after they have returned.
class Provider {
 public:
  virtual ~Provider() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;   ///< in gateway.yaml
  [[nodiscard]] virtual const std::string& title() const = 0;  ///< for people
  /// The URL that begins a sign-in. `unavailable` while the provider has not been reached since the start.
  [[nodiscard]] virtual core::Result<std::string> authorization_url(const AuthorizationWish& wish) = 0;
  /// Whether the provider wants the request handed in first (RFC 9126). Then pushed_url() makes the URL.
  [[nodiscard]] virtual bool takes_pushed_requests() = 0;
  /// Hands the request in. The URL names it, and nothing of what it holds.
  virtual core::Flow<std::string> pushed_url(AuthorizationWish wish) = 0;
  /// Whether a response with this `iss` (nothing: none was sent) can be this provider's.
  [[nodiscard]] virtual core::Result<core::Done> check_issuer(std::optional<std::string_view> iss) = 0;
  /// Redeems the code and proves who signed in.
  virtual core::Flow<SignedIn> exchange(CodeGrant grant) = 0;
  /// The same person with the claims of now, and the session's own members as they were. `refused` when the
  /// provider says that the session is over, `unverified` when what it says does not hold; any other error
  /// says nothing about the session.
  virtual core::Flow<SignedIn> refresh(RefreshGrant grant) = 0;
  /// Where the browser ends its session at the provider; nothing if the provider has no such place.
  [[nodiscard]] virtual std::optional<std::string> end_session_url(const std::string& return_to,
                                                                   const std::string& state) = 0;
};

}  // namespace gateway

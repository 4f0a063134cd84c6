// One sign-in under way, kept in the browser: a sealed cookie of login.host for each attempt, so that several
// tabs can sign in at once and strangers fill no memory of ours. The name tells when it was made, so that the
// oldest can be dropped without opening any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/crypto/random.h"
#include "core/crypto/seal.h"
#include "core/http/fields.h"
#include "gateway/model/request.h"
#include "gateway/session/cookie_names.h"

namespace gateway {

inline constexpr std::chrono::seconds kAttemptLifetime{600};
inline constexpr std::size_t kMaxAttempts = 8;
/// Attempts also end, oldest first, when their cookies together pass this: a Cookie field over the header
/// limit would lock the browser out.
inline constexpr std::size_t kMaxAttemptBytes = 8 * 1024;

/// What the gateway must still know when the browser comes back.
struct LoginAttempt {
  std::string state;  ///< the parameter; its tail is part of the cookie's name
  std::string nonce;
  core::Secret verifier;
  std::string provider;
  std::string redirect_uri;
  std::string target;         ///< where to go in the end
  std::string fragment;       ///< of the target; together with it at most kMaxTargetBytes
  std::string handover_host;  ///< host[:port]; empty: no hop
  std::string handover_hash;  ///< SHA-256 of the secret that the host's cookie holds
  core::WallTime began_at;
};

/// Cookies with a prefix, a time and a random tail: attempts on login.host, return secrets on the other
/// hosts.
struct TimedCookie {
  std::string_view name;
  std::string_view value;
};
/// In the order of their time, oldest first. Only names that a cookie may have (RFC 6265 section 4.1.1).
std::vector<TimedCookie> timed_cookies(const core::Fields& fields, std::string_view prefix);
/// prefix + eight hexadecimal digits of `now` + "-" + `tail`.
std::string timed_cookie_name(std::string_view prefix, core::WallTime now, std::string_view tail);
/// Set-Cookie values that drop the oldest so that one more of `bytes` fits within the limits.
std::vector<std::string> drop_oldest(const std::vector<TimedCookie>& cookies, std::size_t bytes);
/// The Set-Cookie value of a host's own cookie (name with __Host-), and the one that removes it.
std::string host_cookie(std::string_view name, std::string value, std::chrono::seconds max_age);
std::string host_cookie_removal(std::string_view name);

/// One worker's. Borrows all it is given.
class StateCookies {
 public:
  StateCookies(const CookieNames& names, const core::KeyRing& keys, core::Random& random);

  /// Set-Cookie values that keep `attempt` on the request's host.
  [[nodiscard]] std::vector<std::string> keep(const Request& request, const LoginAttempt& attempt);
  struct Found {
    LoginAttempt attempt;
    std::string cookie;  ///< its name, for removal
  };
  /// The attempt that `state` belongs to: its cookie is there, opens for this host, is not over, and holds
  /// this very state. One error for all else.
  [[nodiscard]] core::Result<Found> find(const Request& request, std::string_view state);

 private:
  const CookieNames& names_;
  core::Sealer sealer_;
};

/// 43 characters of base64url from 256 random bits.
std::string random_token(core::Random& random);

}  // namespace gateway

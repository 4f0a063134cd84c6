// How one sign-in serves hosts that share no cookie. The host sets a cookie with a secret and sends the
// browser to login.host with a sealed request; login.host sends it back with a sealed ticket, worthless
// without that cookie.
//
//   app: __Host- cookie (secret)  ──302──►  login.host/oauth2/start?request=…   sealed: target, host, hash of
//   the secret app/oauth2/return?ticket=…    ◄──302──  login.host                          sealed: session,
//   host, hash; 60 s app: cookie compared, deleted; session set; 303 to the target
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/types_route.h"
#include "core/crypto/random.h"
#include "core/crypto/seal.h"
#include "gateway/model/request.h"
#include "gateway/session/cookie_names.h"
#include "gateway/session/session.h"
#include "gateway/session/sessions.h"

namespace gateway {

inline constexpr std::chrono::seconds kHandoverLifetime{600};
inline constexpr std::chrono::seconds kTicketLifetime{60};
/// A ticket travels in a URL; a session that makes it longer cannot be handed over.
inline constexpr std::size_t kMaxTicketBytes = 7000;

/// A request that needs a session, and what its route says about signing in.
struct SignInWish {
  std::string
      target;  ///< absolute; where to end up. One of ours: the request's own URL, or checked by ReturnTargets
  config::SignIn sign_in = {};
  std::string login_hint = {};
  SessionAbsence absence = SessionAbsence::no_cookie;  ///< for the page that ends a loop
  std::string fragment = {};                           ///< of the target, where that is known
  bool is_anew = false;  ///< although there is a session: the provider may say something else by now
};

/// Names of providers as they stand in a query: with a blank between.
std::string provider_list(const std::vector<std::string>& providers);
/// The same, read; whether they exist is not looked at.
std::vector<std::string> providers_listed(std::string_view list);

/// Where a sign-in ends: on the host that asked for it, or, without one, at the target itself.
struct Destination {
  std::string target;      ///< absolute URL
  config::SignIn sign_in;  ///< what the route asks for
  std::string login_hint;  ///< who is about to sign in, as whoever sent the browser here thinks; may be empty
  std::string host;        ///< host[:port] that asks for a ticket; empty: no hop
  std::string secret_hash;    ///< SHA-256 of the secret that host's cookie holds, raw
  std::string fragment = {};  ///< of the target; no part of requests and tickets
};

struct Ticket {
  std::string id;
  Destination destination;
  Session session;
  core::WallTime made_at;
};

/// All borrowed.
struct HandoverParts {
  const CookieNames& names;
  const core::KeyRing& keys;
  core::Random& random;
  std::string login_host;
};

/// One worker's.
class Handover {
 public:
  explicit Handover(HandoverParts parts);

  struct Begun {
    std::string sealed_request;
    std::vector<std::string> cookies;
  };
  /// On the host that needs a session: what to send to login.host, and what to keep in the browser.
  [[nodiscard]] Begun begin(const Request& request, const SignInWish& wish);
  /// On login.host. Whether the host has a route is the caller's to check.
  [[nodiscard]] core::Result<Destination> open_request(const Request& request, std::string_view sealed);
  /// On login.host: the sealed ticket for what was asked. `too_large` over kMaxTicketBytes.
  [[nodiscard]] core::Result<std::string> make_ticket(const Request& request, const Destination& asked,
                                                      const Identity& identity);
  struct Accepted {
    Ticket ticket;
    std::string cookie;  ///< name of the cookie that held the secret, for removal
  };
  /// On the host the ticket names: it opens, is young, and the browser has the secret. Single use is the
  /// caller's: RedeemedIds, and removing the cookie.
  [[nodiscard]] core::Result<Accepted> accept(const Request& request, std::string_view sealed);

 private:
  HandoverParts parts_;
  core::Sealer sealer_;
};

/// host[:port] as it stands in the request's origin.
std::string own_authority(const Request& request);

}  // namespace gateway

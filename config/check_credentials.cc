// Credentials of the gateway's own that a route sends: never for everybody, never two at once.
#include <algorithm>
#include <string>

#include "config/check.h"
#include "config/header_rules.h"

namespace config {
namespace {

constexpr std::string_view kField = "authorization";

bool edits_authorization(const HeaderEdits& edits) {
  const auto is_it = [](std::string_view name) { return folded_name(name) == kField; };
  return std::ranges::any_of(edits.remove, is_it) ||
         std::ranges::any_of(edits.set, [&is_it](const auto& set) { return is_it(set.first); });
}

void check_forward_token(const Route& route, const Config& config, Findings& findings) {
  const SessionSettings& session = config.login.session;
  if (!is_protected(route)) {
    findings.error(route.at, "routes.forward_token: nobody signs in for a public route, so there is no token",
                   "name a policy, or remove forward_token");
  }
  if (session.store == SessionStoreKind::cookie) {
    findings.error(route.at, "routes.forward_token: with login.session.store: cookie no token is kept",
                   "set login.session.store to memory, storage or a Redis");
  } else if (!session.refresh) {
    findings.warn(
        route.at,
        "routes.forward_token: without login.session.refresh the token is the one of the sign-in, and "
        "is over long before the session",
        "set login.session.refresh to less than the token's life");
  }
}

}  // namespace

void check_credentials(const Config& config, Findings& findings) {
  for (const Route& route : config.routes) {
    if (!std::holds_alternative<Upstream>(route.action)) continue;  // refused where it is read
    if (route.basic && !is_protected(route)) {
      findings.error(route.at, "routes.basic: the password of this upstream would be everybody's here",
                     "name a policy, or remove basic");
    }
    if (route.basic && route.forward_token != ForwardToken::none) {
      findings.error(route.at, "routes.forward_token: basic sends another Authorization on this route",
                     "keep one of them");
    }
    if ((route.basic || route.forward_token != ForwardToken::none) &&
        edits_authorization(route.request_headers)) {
      findings.error(
          route.at,
          "routes.request_headers: Authorization is what basic and forward_token send on this route",
          "remove it from request_headers");
    }
    if (route.forward_token != ForwardToken::none) check_forward_token(route, config, findings);
  }
}

}  // namespace config

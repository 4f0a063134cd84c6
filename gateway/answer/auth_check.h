// Handler of PREFIX/auth, where another proxy asks whether a request of its own may pass (nginx auth_request,
// Traefik ForwardAuth, Caddy forward_auth, Envoy's HTTP ext_authz): 202 with who it is, 401 without a
// session, 403 for those whom the policy refuses, 400 for a question that does not say one thing. Never a
// redirect: nginx takes any other status for a failure of its own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/loop/flow.h"
#include "core/net/address.h"
#include "gateway/answer/auth_narrowing.h"
#include "gateway/model/guard.h"
#include "gateway/model/handler.h"
#include "gateway/model/identity_headers.h"
#include "gateway/model/reply.h"
#include "gateway/model/site.h"
#include "gateway/model/stranger_audit.h"

namespace gateway {

class Sessions;

struct AuthCheckRule {
  std::vector<core::Network> from;  ///< whose word counts for what is meant; others learn of their session
  Guard* guard = nullptr;           ///< of URLs that no route serves; borrowed; null: nobody
  IdentityHeaders identity;         ///< what an answer says of who was admitted
};

/// What a proxy asks about. Owns its text.
struct MeantRequest {
  std::string method;
  std::string host;    ///< normal form, without port
  std::string target;  ///< origin-form, as the browser sent it
};

/// From the fields of a request to `path_below` ("" or what follows PREFIX/auth): X-Original-URL and -Method;
/// or X-Forwarded-Host, -Uri and -Method; or, of a path below, the request's own host and method. Refused:
/// none of them, more than one, and any field of them twice: a client could have sent the other.
core::Result<MeantRequest> read_meant_request(const Request& asking, std::string_view path_below);

class AuthCheck final : public Handler {
 public:
  /// Both are borrowed. `strangers` hears of questions that are refused whoever is meant.
  AuthCheck(AuthCheckRule rule, Sessions& sessions, const StrangerAudit& strangers)
      : rule_(std::move(rule)), sessions_(sessions), strangers_(strangers) {}
  /// Whether a request of this path is a question for it.
  static bool is_asked(std::string_view path, std::string_view prefix);
  void serve(Exchange& exchange, Admitted admitted) override;

 private:
  [[nodiscard]] bool believes(const core::IpAddress& peer) const;
  [[nodiscard]] Reply tell_session(const Request& request, const AuthNarrowing& narrowing);
  Reply refuse(const Request& asking, std::string_view reason) const;
  void refuse_unclear(Exchange& exchange, const core::Error& error) const;
  core::Flow<Reply> judge(Exchange* exchange, MeantRequest meant, AuthNarrowing narrowing);
  Reply answer(Verdict verdict, const Request& request);

  AuthCheckRule rule_;
  Sessions& sessions_;
  const StrangerAudit& strangers_;
};

}  // namespace gateway

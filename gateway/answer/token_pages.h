// PREFIX/tokens on login.host: a person's own tokens for programs. Reading needs a session that login.tokens'
// policy admits; making and revoking also a form that the page gave to this very session, so that neither
// another site nor a script's fetch() can do it. A token opens nothing here.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "config/types.h"
#include "core/loop/flow.h"
#include "core/loop/published.h"
#include "gateway/answer/token_offer.h"
#include "gateway/guard/policies.h"
#include "gateway/model/audit.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/oidc/login.h"
#include "gateway/pages/pages.h"
#include "gateway/session/form_token.h"
#include "gateway/session/live_sessions.h"
#include "gateway/session/personal_tokens.h"

namespace gateway {

/// TokenRegister::create and revoke, asked of control, which notes in the audit what it made: whoever asked
/// may have gone.
using CreateToken = std::function<core::Flow<>(PersonalToken token, AuditedRequest request)>;
using RevokeToken = std::function<core::Flow<>(std::string id, std::shared_ptr<const Identity> owner)>;

/// All borrowed but the functions.
struct TokenPagesParts {
  const config::Config& config;
  LiveSessions& live_sessions;
  Login& login;
  const LoginAnswers& answers;
  const Pages& pages;
  core::Published<Policies>::Reader& policies;
  const core::Published<PersonalTokens>& tokens;
  FormTokens& forms;
  core::Random& random;
  const Audit& audit;
  CreateToken create;
  RevokeToken revoke;
};

/// One worker's.
class TokenPages {
 public:
  /// Requires: login.tokens is on.
  explicit TokenPages(TokenPagesParts parts);
  /// `request` outlives the flow. `body` is that of a POST.
  core::Flow<Reply> serve(const Request& request, std::string body);

 private:
  core::Flow<Reply> post(const Request& request, std::string body, std::shared_ptr<const Identity> owner);
  core::Flow<Reply> revoke(const Request& request, std::string id, std::shared_ptr<const Identity> owner);
  core::Flow<Reply> create(const Request& request, TokenWish wish, std::shared_ptr<const Identity> owner);
  [[nodiscard]] Reply page(const Request& request, const Identity& owner, int status, TokenPage page);
  [[nodiscard]] Reply problem(const Request& request, const Identity& owner, int status,
                              TokenProblem problem);
  [[nodiscard]] Reply refused(const Request& request, const Identity& owner) const;
  [[nodiscard]] Reply not_signed_in(const Request& request, const LiveSessions::Found& found);

  TokenPagesParts parts_;
  core::Published<PersonalTokens>::Reader tokens_;
  TokenOffer offer_;
};

}  // namespace gateway

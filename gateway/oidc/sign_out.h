// Sign-out: ends the session on every host and worker, then at the provider where it offers that (OpenID
// Connect RP-Initiated Logout 1.0; client_id, and the ID token as a hint where a store has it).
//
// Who may sign somebody out: a POST of our own origin at once; a GET navigation that came from our own site,
// or from a page of one of our hosts, at once; any other GET navigation gets a page that asks, whose form is
// good for this session alone; an image, a fetch, a prefetch never.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/loop/flow.h"
#include "core/text/form.h"
#include "gateway/model/audit.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/model/stranger_audit.h"
#include "gateway/oidc/login_answers.h"
#include "gateway/oidc/provider.h"
#include "gateway/oidc/return_targets.h"
#include "gateway/session/form_token.h"
#include "gateway/session/revocations.h"
#include "gateway/session/sessions.h"

namespace gateway {

/// Takes a session from its store: its ID token, empty if there is none. Not called with `store: cookie`.
using ForgetSession = std::function<core::Flow<core::Secret>(std::string session_id)>;

/// Takes sessions that have ended off the list of a person's (SessionRegister::tidy). Does not fail.
using TidySessions = std::function<core::Flow<>(std::shared_ptr<const Identity> who)>;

/// Field that the form of the page that asks sends back: its FormTokens text.
inline constexpr std::string_view kSignOutTokenField = "form";

/// A hint that makes a longer URL is left out: servers refuse those.
inline constexpr std::size_t kMaxIdTokenHint = 4096;

/// All borrowed but the functions.
struct SignOutParts {
  const config::Login& settings;
  const ReturnTargets& targets;
  const CookieNames& names;
  const core::KeyRing& keys;
  Sessions& sessions;
  const LoginAnswers& answers;
  const std::vector<std::unique_ptr<Provider>>& providers;
  core::Random& random;
  Revoke revoke;
  ForgetSession forget;
  TidySessions tidy;
  const Audit& audit;
  FormTokens& forms;
  const StrangerAudit& strangers;
};

class SignOut {
 public:
  explicit SignOut(SignOutParts parts);
  /// PREFIX/sign_out. `body` is that of a POST: rd=, and everywhere=yes for all sessions of the person.
  core::Flow<Reply> sign_out(const Request& request, std::string body);
  /// PREFIX/signed_out: where the provider sends the browser afterwards. Any state that is not ours is
  /// ignored.
  Reply signed_out(const Request& request);
  /// Where the browser may be sent on to by a sign-out of this session: for form-action.
  [[nodiscard]] std::vector<std::string> stops(const Request& request, const std::string& provider,
                                               const std::string& target);

 private:
  struct Wish {
    std::string target;  ///< empty: none
    bool is_everywhere = false;
    std::string form;  ///< the token of the page that asked; empty: another form, or none
  };
  enum class Permission { at_once, ask, never };
  [[nodiscard]] Permission permission_of(const Request& request, const Wish& wish) const;
  [[nodiscard]] core::Result<Wish> wish_of(const Request& request, const std::string& body) const;
  [[nodiscard]] core::Result<std::string> target_of(const Request& request, const core::Form& form) const;
  Reply ask(const Request& request, const Wish& wish);
  core::Flow<Reply> end_session(const Request& request, Wish wish);
  core::Flow<core::Secret> forget(std::string session_id);
  [[nodiscard]] std::string next_stop(const Request& request, std::string_view provider,
                                      const std::string& target, const core::Secret& id_token);
  [[nodiscard]] std::string sealed_target(const Request& request, const std::string& target);
  [[nodiscard]] std::string login_url(const Request& request, std::string_view endpoint) const;

  SignOutParts parts_;
  core::Sealer sealer_;
};

}  // namespace gateway

// PREFIX/apps and PREFIX/sessions: what somebody who is signed in may open, and his sessions. Judged by the
// policies of the routes on each request, so that the page names nothing that is not for him. His other
// sessions are shown, and ended by forms of the page alone, on login.host: no app's script reads or ends
// them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/types.h"
#include "core/loop/flow.h"
#include "core/loop/published.h"
#include "gateway/guard/policies.h"
#include "gateway/model/audit.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/oidc/login.h"
#include "gateway/oidc/sign_out.h"
#include "gateway/pages/account_page.h"
#include "gateway/session/form_token.h"
#include "gateway/session/known_session.h"
#include "gateway/session/live_sessions.h"

namespace gateway {

/// SessionRegister::of and end, asked of control.
struct SessionQuestions {
  std::function<core::Flow<std::vector<KnownSession>>(std::shared_ptr<const Identity> who)> list;
  std::function<core::Flow<>(std::shared_ptr<const Identity> who, std::string session_id)> end;
};

/// All borrowed but the questions.
struct AccountPagesParts {
  const config::Config& config;
  LiveSessions& live_sessions;
  Login& login;
  SignOut& sign_out;
  const LoginAnswers& answers;
  const Pages& pages;
  core::Published<Policies>::Reader& policies;
  FormTokens& form_tokens;
  const Audit& audit;
  SessionQuestions ask;
};

/// One worker's.
class AccountPages {
 public:
  explicit AccountPages(AccountPagesParts parts);
  /// Whoever is not signed in is sent to sign in, and back. `request` outlives the flow. apps() takes GET.
  core::Flow<Reply> apps(const Request& request);
  /// GET; on login.host also POST, with its `body`.
  core::Flow<Reply> sessions(const Request& request, std::string body);

 private:
  /// A route that has a page of its own to go to.
  struct App {
    std::string host;
    std::string path;
    config::Access access;
  };
  [[nodiscard]] Role role_of(const Request& request, const Identity& identity);
  [[nodiscard]] std::vector<AppLink> links_for(const Request& request, const Identity& identity);
  core::Flow<Reply> show_sessions(const Request& request, std::shared_ptr<const Identity> owner);
  core::Flow<Reply> end_session(const Request& request, std::shared_ptr<const Identity> owner,
                                std::string body);
  [[nodiscard]] std::string sessions_url(const Request& request) const;
  [[nodiscard]] Reply not_signed_in(const Request& request, const LiveSessions::Found& found);

  AccountPagesParts parts_;
  std::vector<App> apps_;  // by host, then path; each once
};

}  // namespace gateway

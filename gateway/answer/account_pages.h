// PREFIX/apps and PREFIX/sessions: what somebody who is signed in may open, and his session. Judged by the
// policies of the routes on each request, so that the page names nothing that is not for him.
#pragma once

#include <string>
#include <vector>

#include "config/types.h"
#include "core/loop/flow.h"
#include "core/loop/published.h"
#include "gateway/guard/policies.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/oidc/login.h"
#include "gateway/oidc/sign_out.h"
#include "gateway/pages/account_page.h"
#include "gateway/session/live_sessions.h"

namespace gateway {

/// All borrowed.
struct AccountPagesParts {
  const config::Config& config;
  LiveSessions& live_sessions;
  Login& login;
  SignOut& sign_out;
  const LoginAnswers& answers;
  const Pages& pages;
  core::Published<Policies>::Reader& policies;
};

/// One worker's.
class AccountPages {
 public:
  explicit AccountPages(AccountPagesParts parts);
  /// Each takes GET; whoever is not signed in is sent to sign in, and back. `request` outlives the flow.
  core::Flow<Reply> apps(const Request& request);
  core::Flow<Reply> sessions(const Request& request);

 private:
  /// A route that has a page of its own to go to.
  struct App {
    std::string host;
    std::string path;
    config::Access access;
  };
  [[nodiscard]] std::vector<AppLink> links_for(const Request& request, const Identity& identity);
  [[nodiscard]] Reply not_signed_in(const Request& request, const LiveSessions::Found& found);

  AccountPagesParts parts_;
  std::vector<App> apps_;  // by host, then path; each once
};

}  // namespace gateway

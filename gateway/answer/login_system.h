// All of sign-in for one worker under one configuration, put together: sessions, providers, login, sign-out,
// endpoints, guards.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/types.h"
#include "core/http/client.h"
#include "core/loop/ask.h"
#include "gateway/answer/approval_pages.h"
#include "gateway/answer/login_endpoints.h"
#include "gateway/guard/access_requests.h"
#include "gateway/guard/approval_list.h"
#include "gateway/guard/bearer_guard.h"
#include "gateway/guard/certificate_guard.h"
#include "gateway/guard/login_guard.h"
#include "gateway/model/assertions.h"
#include "gateway/model/audit.h"
#include "gateway/model/stranger_audit.h"
#include "gateway/oidc/claims.h"
#include "gateway/oidc/directory.h"
#include "gateway/oidc/logout_register.h"
#include "gateway/oidc/session_refresh.h"
#include "gateway/session/break_glass.h"
#include "gateway/session/device_register.h"
#include "gateway/session/revocation_list.h"
#include "gateway/session/session_register.h"
#include "gateway/session/token_register.h"

namespace gateway {

/// The worker's client that reaches a provider: with its roots (ca), on the worker's loop.
using ProviderClient = std::function<core::HttpClient&(const config::Provider& provider)>;

/// What all workers share, borrowed for the life of the system. `directory`, `revocations`, `known_sessions`,
/// `logouts` and `policies` are control's: the worker reads their published snapshots, and asks through
/// `desk` for all else.
struct LoginShared {
  const config::Config& config;
  const core::KeyRing& keys;
  ProviderDirectory& directory;
  RevocationList& revocations;
  SessionRegister& known_sessions;
  LogoutRegister& logouts;
  const core::Published<Policies>& policies;
  RedeemedIds& redeemed;
  core::AskDesk& desk;                                           ///< control's
  SessionRefresh* stored_sessions = nullptr;                     ///< control's; null: store: cookie
  TokenRegister* tokens = nullptr;                               ///< control's; null: login.tokens is off
  const core::Published<tls::ClientDemands>* demands = nullptr;  ///< null: no client certificates
  std::shared_ptr<const Pages> pages = nullptr;                  ///< null: built in, under login.pages.title
  DeviceRegister* devices = nullptr;                             ///< control's; null: login.tokens is off
  ApprovalList* approvals = nullptr;       ///< control's; null: no policy has administrators
  BreakGlassCheck* break_glass = nullptr;  ///< control's; null: login.break_glass is off
};

/// What the worker brings. All borrowed.
struct LoginWorker {
  core::Loop& loop;
  core::AskDesk& desk;  ///< its own
  ProviderClient client;
  core::Random& random;
  const core::Log& log;
  const Audit& audit;
  RateAccounts rates;  ///< of all workers
};

class LoginSystem {
 public:
  LoginSystem(LoginShared shared, LoginWorker worker);
  ~LoginSystem();
  LoginSystem(const LoginSystem&) = delete;
  LoginSystem& operator=(const LoginSystem&) = delete;

  [[nodiscard]] LoginEndpoints& endpoints() { return *endpoints_; }
  [[nodiscard]] Sessions& sessions() { return *sessions_; }
  /// The guard of a route or an except: everybody for an open one, nobody for one that was never set. It
  /// borrows this object. `sign_in` as in config::Route.
  [[nodiscard]] std::unique_ptr<Guard> make_guard(const config::Access& access,
                                                  config::Unauthenticated unauthenticated,
                                                  const config::SignIn& sign_in);
  [[nodiscard]] const std::shared_ptr<const Pages>& pages() const { return pages_; }
  [[nodiscard]] const Audit& audit() const { return worker_.audit; }
  /// What its handlers write into the audit of requests that count for nothing.
  [[nodiscard]] const StrangerAudit& strangers() const { return strangers_; }
  /// Signed for applications; of this worker.
  [[nodiscard]] Assertions& assertions() { return assertions_; }
  /// Whether a cookie of this name is the gateway's own: kept from upstreams both ways.
  [[nodiscard]] const CookieNames& cookie_names() const { return names_; }

 private:
  void make_providers();
  void make_provider_sign_out();
  void make_tokens();
  void make_token_pages();
  void make_devices();
  void make_certificates();
  std::unique_ptr<Guard> behind_certificates(std::size_t policy, std::unique_ptr<Guard> people);
  void make_approvals();
  void make_break_glass();
  [[nodiscard]] BearerGuardRule token_rule(std::size_t policy);

  LoginShared shared_;
  LoginWorker worker_;
  CookieNames names_;
  ReturnTargets targets_;
  ClaimPaths kept_claims_;
  std::shared_ptr<const Pages> pages_;
  LoginAnswers answers_;
  PersonLimits limits_;
  Refusals refusals_;
  StrangerAudit strangers_;
  core::Published<Policies>::Reader policies_;
  std::vector<std::unique_ptr<Provider>> providers_;
  std::unique_ptr<Sessions> sessions_;
  std::unique_ptr<LiveSessions> live_sessions_;
  std::unique_ptr<Login> login_;
  FormTokens form_tokens_;
  std::unique_ptr<AccessRequests> access_requests_;
  std::unique_ptr<ApprovalPages> approvals_;  // null: no policy has administrators
  std::unique_ptr<SignOut> sign_out_;
  std::unique_ptr<ProviderSignOut> provider_sign_out_;
  Assertions assertions_;
  std::unique_ptr<TokenPages> token_pages_;          // null: login.tokens is off
  std::unique_ptr<DeviceEndpoints> devices_;         // null: login.tokens is off
  std::unique_ptr<BreakGlassEndpoint> break_glass_;  // null: login.break_glass is off
  std::unique_ptr<AccountPages> account_pages_;
  std::unique_ptr<LoginEndpoints> endpoints_;
  std::unique_ptr<TokenQuestions> questions_;
  std::unique_ptr<PersonalBearer> personal_;  // null: login.tokens is off
  std::unique_ptr<BearerTokens> tokens_;      // null: no token opens anything
  std::optional<core::Published<tls::ClientDemands>::Reader> demands_;
  std::unique_ptr<CertificateIdentities> certificates_;  // null: no client certificates
};

}  // namespace gateway

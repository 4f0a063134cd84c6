// All of sign-in for one worker under one configuration, put together: sessions, providers, login, sign-out,
// endpoints.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/types.h"
#include "core/http/client.h"
#include "core/loop/ask.h"
#include "gateway/answer/login_endpoints.h"
#include "gateway/guard/login_guard.h"
#include "gateway/oidc/directory.h"
#include "gateway/session/revocation_list.h"

namespace gateway {

/// The client that reaches a provider: its roots (ca), its connectors. Lives as long as the loop it is for.
using ProviderClient = std::function<core::HttpClient&(const config::Provider& provider)>;

/// What all workers share. `directory` and `revocations` are control's: workers read their published
/// snapshots and ask through `desk` for all else. `config` outlives every LoginSystem made of it.
struct LoginShared {
  const config::Config& config;
  const core::KeyRing& keys;
  ProviderDirectory& directory;
  RevocationList& revocations;
  RedeemedIds& redeemed;
  core::AskDesk& desk;
};

/// What the worker brings. All borrowed.
struct LoginWorker {
  core::AskDesk& desk;
  ProviderClient client;
  core::Random& random;
  const core::Log& log;
};

class LoginSystem {
 public:
  LoginSystem(LoginShared shared, LoginWorker worker);
  ~LoginSystem();

  [[nodiscard]] LoginEndpoints& endpoints() { return *endpoints_; }
  /// A guard for a route or an except whose access is a policy. The guard borrows this object.
  [[nodiscard]] std::unique_ptr<Guard> make_guard(const config::Access& access,
                                                  config::Unauthenticated unauthenticated,
                                                  const std::string& provider);
  /// Whether a cookie of this name is the gateway's own: kept from upstreams both ways.
  [[nodiscard]] const CookieNames& cookie_names() const { return names_; }

 private:
  LoginShared shared_;
  LoginWorker worker_;
  CookieNames names_;
  ReturnTargets targets_;
  LoginAnswers answers_;
  std::vector<std::unique_ptr<Provider>> providers_;
  std::unique_ptr<Sessions> sessions_;
  std::unique_ptr<Login> login_;
  std::unique_ptr<SignOut> sign_out_;
  std::unique_ptr<LoginEndpoints> endpoints_;
};

}  // namespace gateway

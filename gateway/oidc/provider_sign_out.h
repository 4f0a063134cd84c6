// Sign-outs that begin at a provider. Back-channel: it posts a signed logout token (OpenID Connect
// Back-Channel Logout 1.0), and what that names ends on every host. Front-channel: its page loads ours in a
// frame (OpenID Connect Front-Channel Logout 1.0), and the session ends whose cookie the browser sends along,
// if iss and sid are that session's; nobody's session is ended by naming its sid.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/types_access.h"
#include "core/base/log.h"
#include "core/loop/flow.h"
#include "gateway/model/audit.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/model/stranger_audit.h"
#include "gateway/oidc/issuer_keys.h"
#include "gateway/oidc/logout_token.h"
#include "gateway/oidc/sign_out.h"

namespace gateway {

/// Has a logout recorded by control (LogoutRegister::record).
using RecordLogout = std::function<core::Flow<>(LogoutNotice notice)>;

/// A provider whose logout tokens count.
struct LogoutIssuer {
  const config::Provider& settings;
  IssuerKeys keys;
};

/// All borrowed but the functions and the issuers.
struct ProviderSignOutParts {
  const config::Login& settings;
  Sessions& sessions;
  std::vector<LogoutIssuer> issuers;
  Revoke revoke;
  RecordLogout record;
  const core::Log& log;
  const Audit& audit;
  const StrangerAudit& strangers;
};

/// One worker's. Every `request` outlives the flow.
class ProviderSignOut {
 public:
  explicit ProviderSignOut(ProviderSignOutParts parts) : parts_(std::move(parts)) {}
  /// PREFIX/backchannel_logout on login.host, a POST with `body`. 200 once every worker sees the end and it
  /// is kept; 400 for a token that does not count or was used; 503 for what cannot be judged or kept now.
  core::Flow<Reply> back_channel(const Request& request, std::string body);
  /// PREFIX/frontchannel_logout. 200, whether there was a session or not; 503 if its end could not be kept.
  core::Flow<Reply> front_channel(const Request& request);

 private:
  core::Flow<LogoutNotice> verified(std::string token, core::WallTime now);
  [[nodiscard]] std::shared_ptr<const Identity> meant_by(const Request& request);

  ProviderSignOutParts parts_;
};

}  // namespace gateway

// The gateway's own endpoints below login.prefix: start, sign_in, callback, return, sign_out, signed_out,
// backchannel_logout, frontchannel_logout, userinfo, jwks, tokens, device, approvals, break_glass. Which path
// is whose; what each does is gateway/oidc's, or token_pages.h's, device_endpoints.h's and
// approval_pages.h's.
#pragma once

#include <string>
#include <string_view>

#include "core/loop/flow.h"
#include "gateway/answer/account_pages.h"
#include "gateway/answer/approval_pages.h"
#include "gateway/answer/break_glass_endpoint.h"
#include "gateway/answer/device_endpoints.h"
#include "gateway/answer/token_pages.h"
#include "gateway/model/assertions.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/oidc/login.h"
#include "gateway/oidc/provider_sign_out.h"
#include "gateway/oidc/sign_out.h"
#include "gateway/session/live_sessions.h"

namespace gateway {

/// Bodies of our own forms are tiny.
inline constexpr std::size_t kMaxEndpointBody = 16UL * 1024;

/// All borrowed, one worker's.
struct LoginEndpointParts {
  const config::Login& settings;
  LiveSessions& live_sessions;
  Login& login;
  SignOut& sign_out;
  ProviderSignOut& provider_sign_out;
  const LoginAnswers& answers;
  Assertions& assertions;
  AccountPages& account;
  TokenPages* tokens;               ///< null: login.tokens is off
  DeviceEndpoints* devices;         ///< null: login.tokens is off
  ApprovalPages* approvals;         ///< null: no policy has administrators
  BreakGlassEndpoint* break_glass;  ///< null: there is no such account
};

class LoginEndpoints {
 public:
  explicit LoginEndpoints(LoginEndpointParts parts) : parts_(parts) {}
  /// Whether requests to `path` may carry a body that serve() wants.
  [[nodiscard]] bool takes_body(const Request& request) const;
  /// Whether it begins a sign-in or comes back from one: what makes the gateway seal, or ask a provider.
  [[nodiscard]] bool is_of_sign_in(const Request& request) const;
  /// Answers a request whose path is the prefix or below it. `request` outlives the flow.
  core::Flow<Reply> serve(const Request& request, std::string body);

 private:
  [[nodiscard]] bool is_of_approvals(std::string_view endpoint) const;
  [[nodiscard]] bool is_of_break_glass(const Request& request) const;
  [[nodiscard]] bool is_of_session_list(const Request& request) const;
  [[nodiscard]] bool takes_fragment(const Request& request) const;
  [[nodiscard]] std::string_view endpoint_of(const Request& request) const;
  [[nodiscard]] Reply not_allowed(const Request& request, std::string_view methods) const;
  core::Flow<Reply> get(const Request& request, std::string_view endpoint);
  core::Flow<Reply> userinfo(const Request& request);
  core::Flow<Reply> tokens(const Request& request, std::string body);

  LoginEndpointParts parts_;
};

}  // namespace gateway

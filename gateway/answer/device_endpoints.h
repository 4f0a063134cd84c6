// Sign-in of devices without a browser, on login.host (RFC 8628):
//
//   PREFIX/device/code    POST of a program: a device code for itself, a user code to show
//   PREFIX/device         the page where a person types that, sees who asks, and says yes or no
//   PREFIX/device/token   POST of the program, again and again: a personal token, once
//
// The token is made when it is fetched, so that it is kept nowhere but by its hash, and only if its owner may
// still have one then. The page is for whom login.tokens' policy admits; what it does needs a form that the
// page gave to this very session, and a yes or no one that showed this very device.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

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
#include "gateway/session/device_code.h"
#include "gateway/session/device_register.h"
#include "gateway/session/form_token.h"
#include "gateway/session/live_sessions.h"

namespace gateway {

struct DevicePollQuestion {
  std::string id;
  core::Sha256Digest secret;
  AuditedRequest request;
};

/// DeviceRegister's, asked of control, which notes in the audit what token it made: whoever asked may have
/// gone.
struct DeviceQuestions {
  std::function<core::Flow<>(DeviceLogin login, core::IpAddress from)> begin;
  std::function<core::Flow<DeviceLogin>(std::string id, std::string person)> find;
  std::function<core::Flow<>(DeviceLogin login)> decide;
  std::function<core::Flow<DeviceAnswer>(DevicePollQuestion question)> poll;
};

/// All borrowed but the functions.
struct DeviceEndpointParts {
  const config::Config& config;
  LiveSessions& live_sessions;
  Login& login;
  const LoginAnswers& answers;
  const Pages& pages;
  core::Published<Policies>::Reader& policies;
  FormTokens& forms;
  const core::KeyRing& keys;  ///< the session keys
  core::Random& random;
  const Audit& audit;
  DeviceQuestions ask;
};

/// One worker's.
class DeviceEndpoints {
 public:
  /// Requires: login.tokens is on.
  explicit DeviceEndpoints(DeviceEndpointParts parts);
  /// Whether `endpoint` (the path below login.prefix) is one of these.
  [[nodiscard]] static bool has(std::string_view endpoint);
  /// `request` outlives the flow. `body` is that of a POST.
  core::Flow<Reply> serve(const Request& request, std::string_view endpoint, std::string body);

 private:
  core::Flow<Reply> begin(const Request& request, std::string body);
  core::Flow<Reply> fetch_token(const Request& request, std::string body);
  [[nodiscard]] Reply token_reply(const Request& request, DeviceAnswer answer) const;
  core::Flow<Reply> page_for_person(const Request& request, std::string body);
  core::Flow<Reply> post(const Request& request, std::string body, std::shared_ptr<const Identity> owner);
  core::Flow<Reply> decide(const Request& request, core::Form form, DeviceLogin login,
                           std::shared_ptr<const Identity> owner);
  core::Flow<Reply> keep(const Request& request, DeviceLogin login, std::shared_ptr<const Identity> owner);
  [[nodiscard]] Reply refused(const Request& request, const Identity& owner, std::string_view why) const;
  [[nodiscard]] Reply page(const Request& request, int status, DevicePage page) const;
  [[nodiscard]] Reply ask_for_code(const Request& request, const Identity& owner, int status,
                                   DeviceProblem problem);
  [[nodiscard]] Reply ask_again(const Request& request, const Identity& owner, const core::Error& error);
  [[nodiscard]] DevicePage shown(const Request& request, const DeviceLogin& login, std::string_view code,
                                 const Identity& owner);

  DeviceEndpointParts parts_;
  TokenOffer offer_;
  DeviceCodes codes_;
};

}  // namespace gateway

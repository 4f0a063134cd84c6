// PREFIX/break_glass on login.host: the operator signs in with the account for emergencies, while no provider
// can be asked. A form of our own page alone; everything that happens here is in the audit log and a warning.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "config/types.h"
#include "core/loop/flow.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/oidc/login.h"
#include "gateway/pages/break_glass_page.h"
#include "gateway/pages/pages.h"
#include "gateway/session/break_glass.h"

namespace gateway {

/// BreakGlassCheck::check, asked of control.
using CheckBreakGlass = std::function<core::Flow<Identity>(std::shared_ptr<const BreakGlassTry> attempt)>;

/// All borrowed but the functions.
struct BreakGlassEndpointParts {
  const config::Login& settings;
  const ReturnTargets& targets;
  const CookieNames& names;
  Sessions& sessions;
  const LoginAnswers& answers;
  const Pages& pages;
  CheckBreakGlass check;
  KeepSession keep;
  NoteSession note;
};

/// One worker's.
class BreakGlassEndpoint {
 public:
  /// Requires: login.break_glass is there.
  explicit BreakGlassEndpoint(BreakGlassEndpointParts parts) : parts_(std::move(parts)) {}
  /// Whether this address may try. For others there is no such page.
  [[nodiscard]] bool is_for(const core::IpAddress& client) const;
  /// GET and POST. `request` outlives the flow.
  core::Flow<Reply> serve(const Request& request, std::string body);

 private:
  [[nodiscard]] Reply page(const Request& request, std::string target) const;
  [[nodiscard]] Reply refuse(const Request& request, std::string target, const core::Error& error) const;
  [[nodiscard]] std::string target_of(const Request& request, std::string_view rd) const;
  core::Flow<Reply> sign_in(const Request& request, std::string target, Identity identity);

  BreakGlassEndpointParts parts_;
};

}  // namespace gateway

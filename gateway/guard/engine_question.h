// What another decision engine is asked about a request, and what its answer means. Pure; who asks is
// authorize_guard.h's. The question is written anew: of the client's fields those alone go that are listed,
// never a cookie of ours, never a body or its framing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/types_authorize.h"
#include "core/base/result.h"
#include "core/http/client.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/session/cookie_names.h"

namespace gateway {

/// Whether Authorization was meant for a guard of ours.
enum class AuthorizationUse { clients, ours };

core::FetchRequest engine_question(const config::Authorize& settings, const Request& request,
                                   const CookieNames& ours, AuthorizationUse authorization);

/// Admitted with fields for the app, or the engine's own refusal.
struct EngineAnswer {
  bool is_admitted = false;
  std::vector<std::pair<std::string, std::string>> fields;  ///< where admitted; names as configured
  Reply refusal;                                            ///< else: its 3xx, 401 or 403
};
/// An error for everything that is neither: any other status, a redirect without Location, two values of a
/// listed name.
core::Result<EngineAnswer> read_engine_answer(const config::Authorize& settings,
                                              const core::FetchResponse& response, const CookieNames& ours);

}  // namespace gateway

// Refusals as programs see them: {"error":{"code":…,"message":…,"request_id":…,"sign_in":…}}.
#pragma once

#include <string>
#include <string_view>

#include "gateway/model/reply.h"
#include "gateway/model/request.h"

namespace gateway {

struct JsonRefusal {
  int status = 500;
  std::string_view code;     ///< empty: status_text's
  std::string_view message;  ///< a fixed sentence; empty: status_text's
  std::string_view sign_in;  ///< URL that starts a sign-in; empty: left out
};

/// application/json, no-store, nosniff.
[[nodiscard]] Reply json_error(const Request& request, const JsonRefusal& refusal);

}  // namespace gateway

// explain: what a configuration makes of one request, and why, for people who wonder. The answer is taken
// from a rehearsal, so that it is what would be served; nobody is asked for it, neither origins nor providers
// nor name servers.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/types.h"
#include "core/base/result.h"
#include "core/net/address.h"
#include "core/text/json.h"

namespace gateway {

/// Who asks for what, as it was given on the command line; checked by explain().
struct ExplainQuestion {
  std::string url;  ///< https://host[:port]/path?query, the scheme may be left out
  std::string method = "GET";
  std::string from = "192.0.2.1";
  // Without any of these four: somebody without a session.
  std::string email;
  std::vector<std::string> groups;
  std::vector<std::string> claims;   ///< path=value; a value is JSON if it can be, else text
  std::string provider;              ///< empty: the first of the file
  std::vector<std::string> headers;  ///< "Name: value" or name=value

  [[nodiscard]] bool has_identity() const {
    return !email.empty() || !groups.empty() || !claims.empty() || !provider.empty();
  }
};

/// Members: request, path or refused, route, passed_over, identity, policy, answers, origin, notes; absent
/// where it does not come so far. The error is one sentence about the question.
core::Result<core::Json> explain(const config::Config& config, const ExplainQuestion& question);

/// The same for people.
std::string explanation_text(const core::Json& explanation);

}  // namespace gateway

// Stands before another guard and admits machines, and owners of personal tokens, by what they bring in
// Authorization and by the same policy. A request with a token of ours is judged by that alone: one that does
// not count is 401, even beside a good cookie. All other requests are the other guard's, whose 401 then says
// that a token would do.
#pragma once

#include <memory>

#include "core/loop/published.h"
#include "gateway/guard/bearer_answers.h"
#include "gateway/guard/policies.h"
#include "gateway/guard/refusals.h"
#include "gateway/model/guard.h"
#include "gateway/model/stranger_audit.h"
#include "gateway/oidc/bearer_tokens.h"

namespace gateway {

/// What the configuration says about one route (or except).
struct BearerGuardRule {
  std::size_t policy = 0;  ///< in Config::policies; behind its end: nobody is let in
  BearerHints hints;       ///< whose tokens the policy can admit
  AskedIssuers asked;      ///< those of them whose tokens may be opaque
};

/// All borrowed, one worker's.
struct BearerGuardParts {
  BearerTokens& tokens;
  core::Published<Policies>::Reader& policies;
  const Refusals& refusals;
  const StrangerAudit& strangers;
};

class BearerGuard final : public Guard {
 public:
  BearerGuard(BearerGuardRule rule, BearerGuardParts parts, std::unique_ptr<Guard> others);
  std::optional<Verdict> admit_now(const Request& request) override;
  core::Flow<Verdict> admit(const Request& request) override;
  bool still_admits(const Request& request, const std::shared_ptr<const Identity>& identity,
                    core::WallTime now) override;
  std::optional<Reply> describe_resource(const Request& request) override;

 private:
  Verdict verdict_on(const Request& request, const FoundToken& found);
  [[nodiscard]] Verdict challenged(const Request& request, Verdict verdict) const;

  BearerGuardRule rule_;
  BearerGuardParts parts_;
  std::unique_ptr<Guard> others_;
};

}  // namespace gateway

#include "gateway/guard/refusals.h"

#include <string>
#include <utility>

namespace gateway {

void Refusals::take(AuditAct act, const Request& request, const Identity& who, Reply& answer) const {
  const std::chrono::seconds wait = limits_.count_denied(who);
  if (wait == std::chrono::seconds::zero()) return audit_.note(act, request, who, answer.reason);
  if (limits_.is_news_of_denials(who)) audit_.note(act, request, who, "refused too often: " + answer.reason);
  Reply limited = answers_.refused(request, 429);
  limited.with("Retry-After", std::to_string(wait.count()));
  limited.reason = "refused too often: " + answer.reason;
  answer = std::move(limited);
}

}  // namespace gateway

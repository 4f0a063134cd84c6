#include "gateway/model/stranger_audit.h"

#include <chrono>
#include <string>

namespace gateway {
namespace {

constexpr unsigned kLines = 30;
constexpr config::RateLimit kHeard{kLines, std::chrono::minutes(1), kLines, config::RatePer::address};
constexpr config::RateLimit kOnce{1, std::chrono::minutes(1), 1, config::RatePer::address};

}  // namespace

StrangerAudit::StrangerAudit(const Audit& audit, RateTable& table, const core::Loop& loop)
    : audit_(audit),
      loop_(loop),
      lines_(kHeard, table, "audit lines of an address"),
      others_(kOnce, table, "told of audit lines of an address") {}

bool StrangerAudit::note(AuditAct act, const Request& request, std::string_view reason) const {
  if (lines_.count_address(request.client, loop_.now()) == std::chrono::seconds::zero()) {
    audit_.note(act, request, reason);
    return true;
  }
  if (others_.count_address(request.client, loop_.now()) != std::chrono::seconds::zero()) return false;
  audit_.note(act, request, "one of many: " + std::string(reason));
  return true;
}

}  // namespace gateway

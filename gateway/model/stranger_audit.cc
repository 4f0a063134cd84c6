#include "gateway/model/stranger_audit.h"

#include <chrono>
#include <string>

namespace gateway {
namespace {

constexpr unsigned kLines = 30;
constexpr config::RateLimit kHeard{kLines, std::chrono::minutes(1), kLines, config::RatePer::address};
constexpr config::RateLimit kOnce{1, std::chrono::minutes(1), 1, config::RatePer::address};

std::string one_of_many(std::string_view reason) {
  return std::string("one of many: ").append(reason);
}

}  // namespace

StrangerAudit::StrangerAudit(const Audit& audit, const RateAccounts& accounts, const core::Loop& loop)
    : audit_(audit),
      loop_(loop),
      lines_(kHeard, accounts, "audit lines of an address", RateRule::Scope::process),
      others_(kOnce, accounts, "told of audit lines of an address", RateRule::Scope::process) {}

StrangerAudit::Room StrangerAudit::room_for(const Request& request) const {
  constexpr std::chrono::seconds kAtOnce = std::chrono::seconds::zero();
  if (lines_.count_address(request.client, loop_.now()) == kAtOnce) return Room::one;
  return others_.count_address(request.client, loop_.now()) == kAtOnce ? Room::one_of_many : Room::none;
}

bool StrangerAudit::note(AuditAct act, const Request& request, std::string_view reason) const {
  const Room room = room_for(request);
  if (room == Room::one) audit_.note(act, request, reason);
  if (room == Room::one_of_many) audit_.note(act, request, one_of_many(reason));
  return room != Room::none;
}

bool StrangerAudit::note(AuditAct act, const Request& request, const Identity& identity,
                         std::string_view reason) const {
  const Room room = room_for(request);
  if (room == Room::one) audit_.note(act, request, identity, reason);
  if (room == Room::one_of_many) audit_.note(act, request, identity, one_of_many(reason));
  return room != Room::none;
}

}  // namespace gateway

// Audit lines about requests that count for nothing: whoever sends bad tokens, or has browsers send forged
// requests, must not fill the disk with lines about them. Of an address that is over 30 lines a minute one
// line a minute says that there are more.
#pragma once

#include <string_view>

#include "core/loop/loop.h"
#include "gateway/model/audit.h"
#include "gateway/model/rate_rule.h"
#include "gateway/model/rate_table.h"

namespace gateway {

/// One worker's; of one address all workers' lines are counted together.
class StrangerAudit {
 public:
  /// All borrowed.
  StrangerAudit(const Audit& audit, const RateAccounts& accounts, const core::Loop& loop);
  /// Whether a line was written, and so whether one in another log is worth it.
  bool note(AuditAct act, const Request& request, std::string_view reason) const;
  /// The same in the name of somebody who is known, and may have been tricked.
  bool note(AuditAct act, const Request& request, const Identity& identity, std::string_view reason) const;

 private:
  enum class Room { one, one_of_many, none };
  Room room_for(const Request& request) const;

  const Audit& audit_;
  const core::Loop& loop_;
  RateRule lines_;
  RateRule others_;
};

}  // namespace gateway

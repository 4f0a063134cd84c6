// `gateway approvals`, as a running gateway does it: for the operator, who stands above every administrator.
#pragma once

#include "core/loop/ask.h"
#include "gateway/guard/approval_list.h"
#include "gateway/model/audit.h"
#include "gateway/run/control_command.h"

namespace gateway {

/// All borrowed.
struct ApprovalCommandParts {
  ApprovalList& list;
  core::AskDesk& desk;  ///< owns a decision that has begun, whether or not the operator waits for its end
  const Audit& audit;
};

/// Adds approvals-list and approvals-decide.
void add_approval_commands(const ApprovalCommandParts& parts, ControlCommands& commands);

}  // namespace gateway

// `gateway approvals`, as a running gateway does it: for the operator, who stands above every administrator.
#pragma once

#include "core/base/clock.h"
#include "gateway/guard/approval_list.h"
#include "gateway/model/audit.h"
#include "gateway/run/control_command.h"

namespace gateway {

/// Adds approvals-list and approvals-decide, which borrow both parts.
void add_approval_commands(ApprovalList& list, const Audit& audit, ControlCommands& commands);

/// One of them, for tests.
std::unique_ptr<ControlCommand> make_list_approvals(ApprovalList& list);
std::unique_ptr<ControlCommand> make_decide_approval(ApprovalList& list, const Audit& audit);

}  // namespace gateway

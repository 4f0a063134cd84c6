// `gateway approvals`: asks a running gateway over its control socket who waits, and decides.
#pragma once

#include "gateway/run/command_line.h"

namespace gateway {

/// Prints what the gateway answers. The process's exit status.
int approvals_command(const Command& command);

}  // namespace gateway

// `gateway break-glass`: makes the account for emergencies that login.break_glass names.
#pragma once

#include "gateway/run/command_line.h"

namespace gateway {

/// Asks for the password twice (not shown; one line of standard input where that is no terminal), prints the
/// account on standard output and what an authenticator app wants on standard error. The exit status.
int break_glass_command(const Command& command);

}  // namespace gateway

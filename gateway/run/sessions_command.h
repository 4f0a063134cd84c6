// `gateway sessions`: asks a running gateway over its control socket to end sessions.
#pragma once

#include "gateway/run/command_line.h"

namespace gateway {

/// Prints what the gateway answers. The process's exit status.
int sessions_command(const Command& command);

}  // namespace gateway

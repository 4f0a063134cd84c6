// `gateway sessions` and `gateway tokens`: ask a running gateway over its control socket to show or end
// sessions or personal tokens.
#pragma once

#include "gateway/run/command_line.h"

namespace gateway {

/// Prints what the gateway answers. The process's exit status.
int sessions_command(const Command& command);
int tokens_command(const Command& command);
/// `gateway reload`. The same.
int reload_command(const Command& command);
int status_command(const Command& command);
int log_level_command(const Command& command);
int profile_command(const Command& command);
/// `gateway upgrade`. The same.
int upgrade_command(const Command& command);

}  // namespace gateway

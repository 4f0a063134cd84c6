// `gateway certificates`: what storage holds, read as it is, while a gateway runs or not. Renewing and
// revoking are a running gateway's, and need its control socket.
#pragma once

#include "gateway/run/command_line.h"

namespace gateway {

/// Prints a table, or one certificate with its chain (and, asked for it, its key) as PEM. The process's exit
/// status.
int certificates_command(const Command& command);

}  // namespace gateway

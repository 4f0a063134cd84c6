// `gateway certificates`: what storage holds, read as it is, while a gateway runs or not. Renewing and
// revoking are a running gateway's, asked over its control socket.
#pragma once

#include "gateway/run/command_line.h"

namespace gateway {

/// Prints a table, one certificate with its chain (and, asked for it, its key) as PEM, or what the gateway
/// answers. The process's exit status.
int certificates_command(const Command& command);

}  // namespace gateway

// `gateway explain URL`: what gateway.yaml makes of a request, and why.
#pragma once

#include "gateway/run/command_line.h"

namespace gateway {

/// Returns the exit status: 0, 1 for a file with errors, 2 for a question that cannot be asked.
int explain_command(const Command& command);

}  // namespace gateway

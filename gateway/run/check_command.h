// `gateway check`: every error and warning of gateway.yaml with its place and mend.
#pragma once

#include "gateway/run/command_line.h"

namespace gateway {

/// The exit status: 0 well, 1 errors (with --strict also warnings).
int check_command(const Command& command);

}  // namespace gateway

// `gateway run`: from the file to a serving process.
#pragma once

#include <vector>

#include "config/types.h"
#include "gateway/run/command_line.h"
#include "gateway/run/inherited_sockets.h"

namespace gateway {

/// The exit status: 0 ended as told, 1 wrong configuration, 2 the start failed.
int run_command(const Command& command);

/// Serves a checked configuration with the logs it asks for; the rest of run_command, and of the demo.
int serve(const config::Config& config, std::vector<InheritedSocket> inherited);

}  // namespace gateway

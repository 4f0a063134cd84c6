// Where the control socket is that a command of the operator's asks.
#pragma once

#include <string>

#include "gateway/run/command_line.h"

namespace gateway {

/// As the command says, else as its file says. Empty if the file has errors, which is said on standard error.
std::string control_path_of(const Command& command);

}  // namespace gateway

// `gateway import FILE…`: a gateway.yaml from the files of another program.
#pragma once

#include "gateway/run/command_line.h"

namespace gateway {

/// Returns the exit status: 0, 3 if something was not carried over, 1 for input with errors, 2 for files that
/// cannot be read or written.
int import_command(const Command& command);

}  // namespace gateway

// Another program as a flow: started without a shell, given arguments and environment, awaited, killed when
// nobody waits for it any more. Not a pipe: its output goes where ours goes.
#pragma once

#include <string>
#include <vector>

#include "core/loop/flow.h"
#include "core/loop/wait.h"

namespace core {

/// `arguments`: an absolute path, then what it is given; never empty. `more`: NAME=value beside our own
/// environment. Ends well with status 0; errors say the status, the signal, or why it did not start. A
/// program that runs past `deadline`, or whose flow is destroyed, is killed with all of its process group.
Flow<> run_program(Loop* loop, std::vector<std::string> arguments, std::vector<std::string> more,
                   Deadline deadline);

}  // namespace core

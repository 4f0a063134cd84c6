// `gateway log-level`, as a running gateway does it: what the event log says from now on, of all workers. A
// reload sets it back to what the file says.
#pragma once

#include <memory>
#include <string_view>

#include "core/base/log.h"
#include "gateway/model/audit.h"
#include "gateway/run/control_command.h"

namespace gateway {

/// Notes who changed it, which is written whatever either level is. Does nothing where it is so already.
void change_log_level(core::Log& log, core::LogLevel level, const Audit& audit, std::string_view by);

/// `of_file` is log.level of the file that is served. Borrows log and audit.
std::unique_ptr<ControlCommand> make_log_level(core::Log& log, core::LogLevel of_file, const Audit& audit);

}  // namespace gateway

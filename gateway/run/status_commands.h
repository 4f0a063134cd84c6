// `gateway status`, as a running gateway does it.
#pragma once

#include <functional>
#include <memory>

#include "gateway/run/control_command.h"
#include "gateway/run/status_report.h"

namespace gateway {

/// `report` is asked on control's loop.
std::unique_ptr<ControlCommand> make_status(std::function<StatusReport()> report);

}  // namespace gateway

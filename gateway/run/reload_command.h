// `gateway reload`, as a running gateway does it.
#pragma once

#include <memory>

#include "gateway/run/control_command.h"
#include "gateway/run/reloading.h"

namespace gateway {

/// `reloading` must outlive it.
std::unique_ptr<ControlCommand> make_reload(Reloading& reloading);

}  // namespace gateway

// `gateway reload` and `gateway upgrade`, as a running gateway does them.
#pragma once

#include <memory>

#include "gateway/run/asked_work.h"
#include "gateway/run/control_command.h"

namespace gateway {

/// `reloading` must outlive it.
std::unique_ptr<ControlCommand> make_reload(AskedWork& reloading);
/// The same of `upgrading`.
std::unique_ptr<ControlCommand> make_upgrade(AskedWork& upgrading);

}  // namespace gateway

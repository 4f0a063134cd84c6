// `gateway certificates renew` and `revoke`, as a running gateway does them.
#pragma once

#include "gateway/run/control_command.h"
#include "tls/issue/keeper.h"

namespace gateway {

/// Adds all. `keeper` must outlive them.
void add_certificate_commands(tls::Keeper& keeper, ControlCommands& commands);

}  // namespace gateway

// `gateway certificates renew` and `revoke`, as a running gateway does them.
#pragma once

#include "gateway/run/control_socket.h"
#include "tls/issue/keeper.h"

namespace gateway {

/// Adds both. `keeper` must outlive `socket`.
void add_certificate_commands(tls::Keeper& keeper, ControlSocket& socket);

}  // namespace gateway

// `gateway demo`: with no file and no network, a private CA, an identity provider and a sample app behind the
// gateway. The gateway's side is the same as with any other provider: a gateway.yaml, which is left in the
// demo's folder to look at.
#pragma once

#include "gateway/run/command_line.h"

namespace gateway {

/// The exit status.
int demo_command(const Command& command);

}  // namespace gateway

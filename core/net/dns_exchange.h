// One question to one name server and its answer, over TCP (RFC 7766): nobody can forge it blindly, nothing
// is cut off. Not the resolver: no cache, no retries.
#pragma once

#include <string>

#include "core/loop/flow.h"
#include "core/loop/wait.h"
#include "core/net/connector.h"

namespace core {

/// The bytes of the answer to `message`, which begins with the same id. Errors name the server.
Flow<std::string> ask_name_server(Connector* connector, HostPort server, std::string message,
                                  Deadline deadline, Loop* loop);

}  // namespace core

// The listening sockets of the process: opened once, before the workers, one a worker and address
// (SO_REUSEPORT), and held until the process drains, so that they can be handed on.
#pragma once

#include <vector>

#include "config/types.h"
#include "core/base/result.h"
#include "core/net/listener.h"
#include "gateway/run/connection.h"

namespace gateway {

/// One listen address and its sockets, one a worker.
struct OpenListener {
  Entry entry = Entry::https;
  core::Endpoint local;
  std::vector<core::ListeningSocket> sockets;
};

/// All listeners of the configuration. The error says which address, why not, and the mend.
core::Result<std::vector<OpenListener>> open_listeners(const config::Listen& listen, unsigned workers);
/// One more, on a given endpoint.
core::Result<OpenListener> open_listener(const core::Endpoint& endpoint, Entry entry, unsigned workers);

}  // namespace gateway

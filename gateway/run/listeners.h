// The listening sockets of the process: opened once, before the workers, one a worker and address
// (SO_REUSEPORT), or inherited, then one that all workers wait on. Held until the process drains.
#pragma once

#include <vector>

#include "config/types.h"
#include "core/base/result.h"
#include "core/net/listener.h"
#include "gateway/run/connection.h"
#include "gateway/run/inherited_sockets.h"

namespace gateway {

/// One listen address and its sockets: one a worker, or one for all.
struct OpenListener {
  Entry entry = Entry::https;
  config::ListenAddress address;  ///< that it was opened for
  core::Endpoint local;
  std::vector<core::ListeningSocket> sockets;  ///< never empty; a predecessor's may be of another number
  bool is_inherited = false;

  /// Of `workers`: each socket is some worker's, and each worker has one.
  [[nodiscard]] std::vector<int> descriptors_of(std::size_t worker, std::size_t workers) const;
};

/// All listeners of the configuration but those that are `open` already. An address of the file that was
/// inherited is not opened again: the same IP address and port, or, for an address of the file without IP,
/// any wildcard of that port. An inherited socket that is no address of the file is an error, for its
/// connections would never be answered; but a predecessor's, who had another file, is closed. The error says
/// which address, why not, and the mend.
core::Result<std::vector<OpenListener>> open_listeners(const config::Listen& listen, unsigned workers,
                                                       std::vector<InheritedSocket> inherited,
                                                       const std::vector<OpenListener>& open = {});
/// Whether `listen` still has the address that it was opened for.
bool is_wanted(const OpenListener& listener, const config::Listen& listen);
/// One more, on a given endpoint.
core::Result<OpenListener> open_listener(const core::Endpoint& endpoint, Entry entry, unsigned workers);

}  // namespace gateway

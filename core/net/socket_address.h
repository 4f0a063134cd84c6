// Endpoint as the system calls want it. For core/net only.
#pragma once

#include <sys/socket.h>

#include "core/base/result.h"
#include "core/net/address.h"

namespace core {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  /// Fails for a Unix path that is too long (107 bytes).
  static Result<SocketAddress> of(const Endpoint& endpoint);
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

}  // namespace core

// Listening sockets: opened once by main before the workers, held for the life of the process; a Listener
// accepts from one on a worker's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/base/result.h"
#include "core/loop/loop.h"
#include "core/net/address.h"

namespace core {

/// An open listening socket; closes on destruction.
class ListeningSocket {
 public:
  enum class Sharing { alone, reuse_port };
  /// Binds and listens, close-on-exec, non-blocking. An IPv6 wildcard takes IPv4 too (IPV6_V6ONLY off). A
  /// Unix socket is its owner's alone (0600); one that a dead program left behind is replaced.
  /// Errors say what is in the way and how to mend it: port in use, no right to bind it, address not on this
  /// machine.
  static Result<ListeningSocket> open(const Endpoint& endpoint, Sharing sharing);
  /// Takes over an inherited descriptor (systemd, a predecessor): close-on-exec, non-blocking. It is the
  /// caller's still if this fails: it is not open, or not a stream socket that listens.
  static Result<ListeningSocket> adopt(int descriptor);
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket();

  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// The bound address; tells the port that was picked for port 0.
  [[nodiscard]] Result<Endpoint> local() const;

 private:
  explicit ListeningSocket(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

/// Accepts from a listening socket that it does not own. When descriptors run out it pauses and tries again
/// by itself after 100 ms; an accept that finds nothing is counted, not reported.
class Listener {
 public:
  /// `on_accept` gets a connected, non-blocking, close-on-exec socket it now owns, and the peer's address.
  using OnAccept = std::function<void(int socket, const Endpoint& peer)>;
  Listener(Loop& loop, int listening_descriptor, OnAccept on_accept);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// For a connection limit: while paused, connections wait in the kernel's queue.
  void pause();
  void resume();
  [[nodiscard]] std::uint64_t empty_accepts() const;

 private:
  struct Native;  // NOLINT(cppcoreguidelines-virtual-class-destructor): it is final
  std::unique_ptr<Native> native_;
};

}  // namespace core

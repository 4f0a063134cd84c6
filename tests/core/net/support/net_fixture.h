// A loop on a clock that stands still, real sockets on loopback, and an owner of a stream that remembers what
// it was told.
#pragma once

#include "core/net/listener.h"
#include "core/net/tcp.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "core/net/socket_address.h"

namespace core::net_test {

struct NetFixture {
  ManualClock clock{from_unix_seconds(1'800'000'000)};
  Loop loop{clock};

  void pass(Duration time) {
    clock.advance(time);
    loop.turn(false);
  }
  /// Turns until `what` holds; gives up when the test would hang for ever.
  void until(const std::function<bool()>& what) {
    for (int turns = 0; !what(); ++turns) {
      REQUIRE(turns < 10'000);
      loop.turn(true);
    }
  }
};

inline Endpoint loopback(std::uint16_t port = 0) {
  return Endpoint{IpAddress::v4({127, 0, 0, 1}), port, {}};
}

inline ListeningSocket listening(const Endpoint& at = loopback()) {
  Result<ListeningSocket> socket = ListeningSocket::open(at, ListeningSocket::Sharing::alone);
  REQUIRE(socket.has_value());
  return std::move(*socket);
}

/// A blocking socket connected to `to`, for the other side of a stream.
inline int raw_connection(const Endpoint& to) {
  const Result<SocketAddress> address = SocketAddress::of(to);
  REQUIRE(address.has_value());
  const int socket = ::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(socket >= 0);
  REQUIRE(::connect(socket, address->get(), address->length) == 0);
  return socket;
}

inline void close_with_reset(int socket) {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  REQUIRE(::setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
  ::close(socket);
}

/// Reads all it can at each edge, like a parser would.
struct StreamOwner final : StreamEvents {
  explicit StreamOwner(std::unique_ptr<ByteStream> s) : stream(std::move(s)) { stream->attach(this); }
  void on_readable() override {
    ++readable;
    if (reads) drain();
  }
  void on_writable() override {
    ++writable;
    if (on_room) on_room();
  }
  void drain() {
    for (;;) {
      const ReadOutcome outcome = stream->read(scratch);
      last = outcome.state;
      if (outcome.state != ReadOutcome::State::bytes) return;
      received.append(scratch.data(), outcome.count);
    }
  }
  std::size_t write(std::string_view text) {
    const std::array pieces{text};
    return stream->write(pieces).value();
  }

  std::unique_ptr<ByteStream> stream;
  std::array<char, 4096> scratch{};
  std::string received;
  ReadOutcome::State last = ReadOutcome::State::would_block;
  int readable = 0;
  int writable = 0;
  bool reads = true;
  std::function<void()> on_room;
};

}  // namespace core::net_test

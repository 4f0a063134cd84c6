// What stands between two processes and one port.
#include "gateway/run/listeners.h"

#include <doctest/doctest.h>

namespace {

core::Endpoint loopback(std::uint16_t port) {
  return core::Endpoint{core::IpAddress::v4({127, 0, 0, 1}), port, {}};
}

}  // namespace

TEST_CASE("all workers listen on the one port that the first was given") {
  const core::Result<gateway::OpenListener> opened =
      gateway::open_listener(loopback(0), gateway::Entry::https, 3);
  REQUIRE(opened.has_value());
  CHECK(opened->sockets.size() == 3);
  CHECK(opened->local.port != 0);
  for (const core::ListeningSocket& socket : opened->sockets)
    CHECK(socket.local()->port == opened->local.port);
}

TEST_CASE("a port that another gateway of this user listens on is in use") {
  const core::Result<gateway::OpenListener> first =
      gateway::open_listener(loopback(0), gateway::Entry::https, 2);
  REQUIRE(first.has_value());
  const core::Result<gateway::OpenListener> second =
      gateway::open_listener(loopback(first->local.port), gateway::Entry::https, 2);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().text.find("already") != std::string::npos);
}

// What stands between two processes and one port.
#include "gateway/run/listeners.h"

#include <doctest/doctest.h>

#include <set>

namespace {

core::Endpoint loopback(std::uint16_t port) {
  return core::Endpoint{core::IpAddress::v4({127, 0, 0, 1}), port, {}};
}

gateway::InheritedSocket inherit(const core::Endpoint& at, const std::string& name = "test.socket") {
  auto socket = core::ListeningSocket::open(at, core::ListeningSocket::Sharing::alone);
  REQUIRE(socket.has_value());
  core::Endpoint local = *socket->local();
  return {std::move(*socket), std::move(local), name, false};
}

/// Of the lists of a file.
config::Listen listen(std::vector<config::ListenAddress> https,
                      std::vector<config::ListenAddress> http = {}) {
  config::Listen listen;
  listen.https = std::move(https);
  listen.http = std::move(http);
  return listen;
}

config::ListenAddress address(std::string_view ip, std::uint16_t port) {
  config::ListenAddress address;
  if (!ip.empty()) address.ip = *core::IpAddress::parse(ip);
  address.port = port;
  return address;
}

core::Result<std::vector<gateway::OpenListener>> open_with(const config::Listen& listen,
                                                           gateway::InheritedSocket one) {
  std::vector<gateway::InheritedSocket> inherited;
  inherited.push_back(std::move(one));
  return gateway::open_listeners(listen, 3, std::move(inherited));
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

TEST_CASE("an address that was inherited is not opened again, and all workers wait on the one socket") {
  gateway::InheritedSocket inherited = inherit(loopback(0));
  const std::uint16_t port = inherited.local.port;
  const int descriptor = inherited.socket.descriptor();
  const auto opened =
      open_with(listen({address("127.0.0.1", port)}, {address("127.0.0.1", 0)}), std::move(inherited));
  REQUIRE(opened.has_value());
  REQUIRE(opened->size() == 2);
  const gateway::OpenListener& https = opened->front();
  CHECK(https.entry == gateway::Entry::https);
  CHECK(https.is_inherited);
  CHECK(https.local.port == port);
  CHECK(https.sockets.size() == 1);
  for (unsigned worker = 0; worker < 3; ++worker)
    CHECK(https.descriptors_of(worker, 3) == std::vector{descriptor});
  const gateway::OpenListener& http = opened->back();
  CHECK(http.entry == gateway::Entry::redirect);
  CHECK_FALSE(http.is_inherited);
  CHECK(http.sockets.size() == 3);
}

TEST_CASE("sockets of a predecessor on one address are one listener, and each is some worker's") {
  core::Endpoint at = loopback(0);
  std::vector<gateway::InheritedSocket> inherited;
  std::set<int> all;
  for (int i = 0; i < 5; ++i) {
    auto socket = core::ListeningSocket::open(at, core::ListeningSocket::Sharing::reuse_port);
    REQUIRE(socket.has_value());
    at = *socket->local();
    all.insert(socket->descriptor());
    inherited.push_back({std::move(*socket), at, "of the predecessor", true});
  }
  const core::Endpoint elsewhere = loopback(0);
  inherited.push_back(inherit(elsewhere));
  inherited.back().is_of_predecessor = true;  // its file had another address: closed without a word
  const auto opened =
      gateway::open_listeners(listen({address("127.0.0.1", at.port)}), 2, std::move(inherited));
  REQUIRE(opened.has_value());
  REQUIRE(opened->size() == 1);
  for (const std::size_t workers : {1U, 2U, 3U, 5U, 7U}) {
    CAPTURE(workers);
    std::set<int> served;
    for (std::size_t worker = 0; worker < workers; ++worker) {
      const std::vector<int> own = opened->front().descriptors_of(worker, workers);
      CHECK_FALSE(own.empty());
      served.insert(own.begin(), own.end());
    }
    CHECK(served == all);
  }
}

TEST_CASE("an inherited socket belongs to the address that it is bound to, and to no other") {
  struct Row {
    const char* bound;
    const char* wanted;
    bool is_it;
  };
  const Row rows[] = {
      {"127.0.0.1", "127.0.0.1", true},
      {"0.0.0.0", "", true},
      {"0.0.0.0", "0.0.0.0", true},
      {"127.0.0.1", "", false},
      {"127.0.0.1", "0.0.0.0", false},
      {"0.0.0.0", "127.0.0.1", false},
      {"127.0.0.1", "127.0.0.2", false},
      {"::", "", true},
      {"::", "::", true},
      {"::", "0.0.0.0", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bound);
    CAPTURE(row.wanted);
    const core::Endpoint at{*core::IpAddress::parse(row.bound), 0, {}};
    if (!core::ListeningSocket::open(at, core::ListeningSocket::Sharing::alone)) continue;  // no IPv6 here
    gateway::InheritedSocket inherited = inherit(at);
    const std::uint16_t port = inherited.local.port;
    const auto opened = open_with(listen({address(row.wanted, port)}), std::move(inherited));
    CHECK(opened.has_value() == row.is_it);
    if (opened) CHECK(opened->size() == 1);
  }
}

TEST_CASE("an inherited socket that is no address of the file is an error that says which") {
  gateway::InheritedSocket inherited = inherit(loopback(0), "web.socket");
  const std::string text = inherited.local.text();
  const auto opened = open_with(listen({address("127.0.0.1", 0)}), std::move(inherited));
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().text.find(text + " (web.socket)") != std::string::npos);
  CHECK(opened.error().side == core::Side::configuration);
}

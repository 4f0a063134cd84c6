// Opening, accepting, pausing, and running out of descriptors.
#include "core/net/listener.h"

#include "tests/core/net/support/net_fixture.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <vector>

namespace core {
namespace {

using net_test::listening;
using net_test::loopback;
using net_test::raw_connection;

struct AcceptFixture : net_test::NetFixture {
  ListeningSocket socket = listening();
  std::vector<int> accepted;
  std::vector<int> clients;
  std::unique_ptr<Listener> listener = std::make_unique<Listener>(
      loop, socket.descriptor(), [this](int descriptor, const Endpoint&) { accepted.push_back(descriptor); });

  void connect(int count) {
    for (int i = 0; i < count; ++i) clients.push_back(raw_connection(*socket.local()));
  }
  ~AcceptFixture() {
    for (const int descriptor : accepted) ::close(descriptor);
    for (const int descriptor : clients) ::close(descriptor);
  }
};

TEST_CASE_FIXTURE(AcceptFixture,
                  "connections are accepted, at most 16 a turn, non-blocking and close-on-exec") {
  connect(20);
  loop.turn(true);
  REQUIRE(accepted.size() == 16);
  loop.turn(true);
  REQUIRE(accepted.size() == 20);
  CHECK((::fcntl(accepted[0], F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(accepted[0], F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(listener->empty_accepts() == 0);
}

TEST_CASE_FIXTURE(AcceptFixture, "the peer's address is told") {
  std::string peer;
  listener = std::make_unique<Listener>(loop, socket.descriptor(), [&](int descriptor, const Endpoint& from) {
    accepted.push_back(descriptor);
    peer = from.text();
  });
  connect(1);
  loop.turn(true);
  CHECK(peer.starts_with("127.0.0.1:"));
}

TEST_CASE_FIXTURE(AcceptFixture,
                  "a paused listener leaves connections in the queue, also from inside its callback") {
  listener = std::make_unique<Listener>(loop, socket.descriptor(), [&](int descriptor, const Endpoint&) {
    accepted.push_back(descriptor);
    listener->pause();
  });
  connect(3);
  loop.turn(true);
  loop.turn(false);
  CHECK(accepted.size() == 1);
  listener->resume();
  loop.turn(true);
  CHECK(accepted.size() == 2);
}

TEST_CASE_FIXTURE(AcceptFixture, "the callback may destroy the listener") {
  listener = std::make_unique<Listener>(loop, socket.descriptor(), [&](int descriptor, const Endpoint&) {
    accepted.push_back(descriptor);
    listener.reset();
  });
  connect(3);
  loop.turn(true);
  CHECK(accepted.size() == 1);
}

TEST_CASE_FIXTURE(AcceptFixture, "an accept that another worker was faster at is counted") {
  auto other = std::make_unique<Listener>(
      loop, socket.descriptor(), [this](int descriptor, const Endpoint&) { accepted.push_back(descriptor); });
  const int shared = ::dup(socket.descriptor());
  const Listener second(loop, shared,
                        [this](int descriptor, const Endpoint&) { accepted.push_back(descriptor); });
  connect(1);
  loop.turn(true);
  CHECK(accepted.size() == 1);
  CHECK(listener->empty_accepts() + other->empty_accepts() + second.empty_accepts() == 2);
  ::close(shared);
}

TEST_CASE_FIXTURE(AcceptFixture,
                  "without descriptors accepting pauses, connections wait, and it goes on by itself") {
  connect(2);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int highest = ::dup(clients.back());
  ::close(highest);
  rlimit small = before;
  small.rlim_cur = static_cast<rlim_t>(highest);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &small) == 0);
  loop.turn(true);
  const std::size_t accepted_without = accepted.size();
  int turns_without_wait = 0;
  bool posted = false;
  loop.post([&] { posted = true; });  // the queue is not empty, yet the loop does not spin on it
  for (; turns_without_wait < 5; ++turns_without_wait) loop.turn(false);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(accepted_without == 0);
  CHECK(posted);
  CHECK(listener->empty_accepts() == 0);
  loop.turn(false);
  REQUIRE(accepted.empty());
  listener->pause();
  listener->resume();  // still without descriptors, as far as is known
  loop.turn(false);
  REQUIRE(accepted.empty());
  pass(std::chrono::milliseconds(100));
  for (int turns = 0; turns < 100 && accepted.size() < 2; ++turns) loop.turn(false);
  CHECK(accepted.size() == 2);
}

TEST_CASE("a port in use, a foreign address and a missing folder are told with what to do") {
  const ListeningSocket first = listening();
  struct Row {
    Endpoint endpoint;
    const char* says;
  };
  const Row rows[] = {
      {*first.local(), "choose another port"},
      {Endpoint{IpAddress::v4({192, 0, 2, 1}), 0, {}}, "not on this machine"},
      {Endpoint{{}, 0, "/nonexistent/folder/socket"}, "folder does not exist"},
      {Endpoint{{}, 0, std::string(200, 'x')}, "at most 107 bytes"},
  };
  for (const Row& row : rows) {
    const Result<ListeningSocket> socket =
        ListeningSocket::open(row.endpoint, ListeningSocket::Sharing::alone);
    REQUIRE_FALSE(socket.has_value());
    CAPTURE(socket.error().text);
    CHECK(socket.error().text.find(row.says) != std::string::npos);
    CHECK(socket.error().side == Side::configuration);
  }
}

TEST_CASE("only a listening stream socket is taken over, and no child gets it") {
  const ListeningSocket socket = listening();
  const int inherited = ::dup(socket.descriptor());
  REQUIRE(::fcntl(inherited, F_SETFL, 0) == 0);
  {
    const Result<ListeningSocket> adopted = ListeningSocket::adopt(inherited);
    REQUIRE(adopted.has_value());
    CHECK(adopted->local()->port == socket.local()->port);
    CHECK((::fcntl(inherited, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(inherited, F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(::fcntl(inherited, F_GETFD) == -1);  // it was owned
  const int client = raw_connection(*socket.local());
  const int others[] = {inherited, client, ::open("/dev/null", O_RDONLY), ::socket(AF_INET, SOCK_STREAM, 0),
                        ::socket(AF_INET, SOCK_DGRAM, 0)};
  for (const int other : others) {
    const Result<ListeningSocket> refused = ListeningSocket::adopt(other);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().text.find(std::to_string(other)) != std::string::npos);
    ::close(other);
  }
}

TEST_CASE("workers share a port only if they ask for it") {
  const auto open = [](const Endpoint& at) {
    return ListeningSocket::open(at, ListeningSocket::Sharing::reuse_port);
  };
  const Result<ListeningSocket> first = open(loopback());
  REQUIRE(first.has_value());
  CHECK(open(*first->local()).has_value());
}

TEST_CASE("an IPv6 wildcard takes IPv4 connections too, and tells them as IPv4") {
  net_test::NetFixture fixture;
  const Result<ListeningSocket> socket =
      ListeningSocket::open(Endpoint{*IpAddress::parse("::"), 0, {}}, ListeningSocket::Sharing::alone);
  if (!socket.has_value()) return;  // a machine without IPv6
  std::string peer;
  const Listener listener(fixture.loop, socket->descriptor(), [&](int descriptor, const Endpoint& from) {
    peer = from.text();
    ::close(descriptor);
  });
  const int client = raw_connection(loopback(socket->local()->port));
  fixture.loop.turn(true);
  CHECK(peer.starts_with("127.0.0.1:"));
  ::close(client);
}

TEST_CASE("a Unix socket that a dead program left is replaced, a living one is not") {
  char folder[] = "/tmp/listener_test_XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/socket";
  const Endpoint endpoint{{}, 0, path};
  const auto open = [&] { return ListeningSocket::open(endpoint, ListeningSocket::Sharing::alone); };
  {
    const Result<ListeningSocket> living = open();
    REQUIRE(living.has_value());
    CHECK(living->local()->text() == "unix:" + path);
    CHECK_FALSE(open().has_value());
  }
  CHECK(open().has_value());
  ::unlink(path.c_str());
  ::rmdir(folder);
}

}  // namespace
}  // namespace core

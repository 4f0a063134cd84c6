// Connecting: the order of attempts, their failures, deadlines and cancellation.
#include "core/net/connector.h"

#include "tests/core/net/support/net_fixture.h"

#include <cstdlib>
#include <map>
#include <vector>

namespace core {
namespace {

using net_test::listening;
using net_test::raw_connection;
using std::chrono::milliseconds;
using std::chrono::seconds;

IpAddress ip(std::string_view text) {
  return *IpAddress::parse(text);
}

/// Answers at once from a table.
class TableResolver final : public Resolver {
 public:
  std::map<std::string, Addresses> table;
  Flow<Addresses> resolve(std::string name) override {
    const auto found = table.find(name);
    if (found == table.end()) co_return failure(ErrorKind::unreachable, Side::configuration, "no such name");
    co_return found->second;
  }
};

struct ConnectFixture : net_test::NetFixture {
  TableResolver resolver;
  std::unique_ptr<Connector> connector = make_tcp_connector(loop, resolver);
  RunningFlow<std::unique_ptr<ByteStream>> running;
  std::optional<Result<std::unique_ptr<ByteStream>>> outcome;

  void connect(HostPort to, Duration deadline = seconds(5)) {
    running.start(connector->connect(std::move(to), Deadline::after(loop, deadline)),
                  [this](Result<std::unique_ptr<ByteStream>> result) { outcome.emplace(std::move(result)); });
  }
  [[nodiscard]] bool is_connected() const { return outcome.has_value() && outcome->has_value(); }
};

/// An address that accepts no more connections: its queue is full, so that further ones are left waiting.
struct FullListener {
  explicit FullListener(const Endpoint& at) : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const SocketAddress address = *SocketAddress::of(at);
    REQUIRE(::bind(socket, address.get(), address.length) == 0);
    REQUIRE(::listen(socket, 0) == 0);
    waiting = raw_connection(at);
  }
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;
  ~FullListener() {
    ::close(waiting);
    ::close(socket);
  }
  int socket;
  int waiting = -1;
};

TEST_CASE_FIXTURE(ConnectFixture,
                  "addresses that the caller knows are dialed, and nobody is asked for the name") {
  const ListeningSocket socket = listening();
  HostPort to{"nobody-knows", socket.local()->port, {}};
  to.addresses = {ip("127.0.0.1")};
  connect(to);
  until([&] { return outcome.has_value(); });
  CHECK(is_connected());
}

TEST_CASE_FIXTURE(ConnectFixture, "a connection to a listening address carries bytes both ways") {
  const ListeningSocket socket = listening();
  resolver.table["origin"] = {ip("127.0.0.1")};
  connect({"origin", socket.local()->port, {}});
  until([&] { return outcome.has_value(); });
  REQUIRE(is_connected());
  const int accepted = ::accept(socket.descriptor(), nullptr, nullptr);
  REQUIRE(accepted >= 0);
  net_test::StreamOwner owner(std::move(**outcome));
  owner.write("hello");
  char text[5] = {};
  CHECK(::recv(accepted, text, sizeof text, MSG_WAITALL) == 5);
  REQUIRE(::send(accepted, "world", 5, 0) == 5);
  until([&] { return owner.received == "world"; });
  ::close(accepted);
}

TEST_CASE_FIXTURE(ConnectFixture, "a refused address is followed at once by the next") {
  const ListeningSocket socket = listening();
  resolver.table["origin"] = {ip("127.0.0.3"), ip("::1"), ip("127.0.0.2"), ip("127.0.0.1")};
  connect({"origin", socket.local()->port, {}});
  until([&] { return outcome.has_value(); });
  CHECK(is_connected());
}

TEST_CASE_FIXTURE(ConnectFixture, "when all addresses refuse, the error says where and may be tried again") {
  std::uint16_t port = 0;
  {
    port = listening().local()->port;
  }
  resolver.table["origin"] = {ip("127.0.0.1"), ip("127.0.0.2")};
  connect({"origin", port, {}});
  until([&] { return outcome.has_value(); });
  REQUIRE_FALSE(is_connected());
  const Error& error = outcome->error();
  CHECK(error.kind == ErrorKind::unreachable);
  CHECK(error.retry == Retry::safe);
  CHECK(error.side == Side::origin);
  CHECK(error.text.starts_with("connecting to origin:"));
  CHECK(error.text.find("127.0.0.1:") != std::string::npos);
}

TEST_CASE_FIXTURE(ConnectFixture, "an address that does not answer is overtaken by the next after 250 ms") {
  const ListeningSocket socket = listening();
  const std::uint16_t port = socket.local()->port;
  const FullListener full(Endpoint{ip("127.0.0.2"), port, {}});
  resolver.table["origin"] = {ip("127.0.0.2"), ip("127.0.0.1")};
  connect({"origin", port, {}});
  pass(milliseconds(249));
  loop.turn(false);
  CHECK_FALSE(outcome.has_value());
  clock.advance(milliseconds(1));
  until([&] { return outcome.has_value(); });
  CHECK(is_connected());
}

TEST_CASE_FIXTURE(ConnectFixture, "the deadline ends all attempts") {
  const std::uint16_t port = listening().local()->port;
  const FullListener full(Endpoint{ip("127.0.0.2"), port, {}});
  resolver.table["origin"] = {ip("127.0.0.2")};
  connect({"origin", port, {}}, seconds(3));
  pass(seconds(2));
  CHECK_FALSE(outcome.has_value());
  pass(seconds(1));
  REQUIRE(outcome.has_value());
  CHECK(outcome->error().kind == ErrorKind::timed_out);
  CHECK(outcome->error().retry == Retry::safe);
}

TEST_CASE_FIXTURE(ConnectFixture, "a cancelled connect leaves nothing behind") {
  const ListeningSocket socket = listening();
  resolver.table["origin"] = {ip("127.0.0.1")};
  connect({"origin", socket.local()->port, {}});
  running.cancel();
  for (int i = 0; i < 3; ++i) pass(seconds(3));
  CHECK_FALSE(outcome.has_value());
}

TEST_CASE_FIXTURE(ConnectFixture, "a name that does not resolve fails with its name") {
  connect({"nowhere", 80, {}});
  REQUIRE(outcome.has_value());
  CHECK(outcome->error().text == "connecting to nowhere:80: no such name");
}

TEST_CASE_FIXTURE(ConnectFixture, "Unix sockets are connected by path") {
  char folder[] = "/tmp/connector_test_XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/socket";
  {
    const ListeningSocket socket = listening(Endpoint{{}, 0, path});
    connect({"", 0, path});
    until([&] { return outcome.has_value(); });
    CHECK(is_connected());
  }
  outcome.reset();
  connect({"", 0, path});
  until([&] { return outcome.has_value(); });
  CHECK(outcome->error().kind == ErrorKind::unreachable);
  ::unlink(path.c_str());
  ::rmdir(folder);
}

}  // namespace
}  // namespace core

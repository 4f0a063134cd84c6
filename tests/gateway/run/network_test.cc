// What a part of the process has of its network: how long connectors and clients live, and who shares them.
#include "gateway/run/network_lease.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/core/http/support/fake_stream.h"
#include "tests/support/client_papers.h"
#include "tests/support/doctest.h"
#include "tests/support/folder.h"

namespace gateway {
namespace {

using core::Flow;

struct NetworkBed {
  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop{clock};
  Network network{loop, std::vector<core::Endpoint>()};
  tests::Folder folder;
  std::string roots = folder.write("roots.pem", tests::kClientAuthority);
  std::unique_ptr<NetworkLease> lease = std::make_unique<NetworkLease>(network);
  std::unique_ptr<NetworkLease> other = std::make_unique<NetworkLease>(network);

  ~NetworkBed() {
    lease.reset();
    other.reset();
    loop.discard();
  }
  core::HttpClient* client(NetworkLease& of) const { return *of.http_client(roots); }
  void end(std::unique_ptr<NetworkLease>& one) {
    one.reset();
    loop.turn(false);
  }
};

TEST_CASE_FIXTURE(NetworkBed, "who asks for the same has the same, as long as anybody has it") {
  core::HttpClient* const first = client(*lease);
  CHECK(client(*lease) == first);
  CHECK(client(*other) == first);
  CHECK(network.shared() == 2);  // with the connector that it uses
  end(lease);
  CHECK(network.shared() == 2);
  CHECK(client(*other) == first);
  end(other);
  CHECK(network.shared() == 0);
}

TEST_CASE_FIXTURE(NetworkBed, "what was made of earlier files goes with the last who has it") {
  core::HttpClient* before = client(*other);
  for (int change = 1; change < 20; ++change) {
    folder.write("roots.pem", std::string(change, '\n') + std::string(tests::kClientAuthority));
    auto next = std::make_unique<NetworkLease>(network);
    CHECK(client(*next) != before);
    before = client(*next);
    REQUIRE(next->keeping_http_client(roots));
    config::UpstreamTls upstream;
    upstream.ca_file = roots;
    REQUIRE(next->tls(upstream, core::FetchProtocol::http2));
    end(other);
    other = std::move(next);
    CHECK(network.shared() == 4);  // two clients, and TLS with either protocol
  }
}

TEST_CASE_FIXTURE(NetworkBed, "a file that cannot be used is an error each time") {
  const std::string bad = folder.write("bad.pem", "no certificate");
  CHECK_FALSE(lease->http_client(bad));
  CHECK_FALSE(lease->http_client(bad));
  CHECK(network.shared() == 0);
}

/// Each connection is a wire whose other end is the test.
struct Wires final : core::Connector {
  explicit Wires(std::vector<std::unique_ptr<core::Wire>>& all) : wires(all) {}
  Flow<std::unique_ptr<core::ByteStream>> connect(core::HostPort, core::Deadline) override {
    wires.push_back(std::make_unique<core::Wire>());
    co_return std::make_unique<core::FakeStream>(*wires.back());
  }
  std::vector<std::unique_ptr<core::Wire>>& wires;
};

/// Whose connections end in the test.
struct WireBed {
  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop{clock};
  std::vector<std::unique_ptr<core::Wire>> wires;
  std::optional<Network> network;
  std::unique_ptr<NetworkLease> lease;
  std::optional<core::Result<core::FetchResponse>> outcome;
  core::RunningFlow<core::FetchResponse> running;

  WireBed() {
    network.emplace(loop, StandIns{nullptr, nullptr, std::make_unique<Wires>(wires)});
    lease = std::make_unique<NetworkLease>(*network);
  }
  void ask(core::HttpClient* client) {
    core::FetchRequest request;
    request.url = *core::parse_url("https://api.test/");
    outcome.reset();
    running.start(client->fetch(std::move(request), {}),
                  [this](auto result) { outcome = std::move(result); });
    loop.turn(false);
  }
  void answer() {
    core::Wire& wire = *wires.back();
    wire.arriving += "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    wire.may_have_bytes = true;
    wire.events->on_readable();
    loop.turn(false);
    REQUIRE(outcome.has_value());
    REQUIRE(outcome->has_value());
    CHECK((*outcome)->body == "ok");
  }
};

TEST_CASE_FIXTURE(WireBed, "an exchange that goes on when the lease ends is finished") {
  for (const bool is_kept : {false, true}) {
    CAPTURE(is_kept);
    lease = std::make_unique<NetworkLease>(*network);
    ask(is_kept ? *lease->keeping_http_client("") : *lease->http_client(""));
    lease.reset();
    loop.turn(false);
    CHECK(network->shared() == 1);
    answer();
    CHECK(network->shared() == 0);
  }
}

TEST_CASE_FIXTURE(WireBed, "kept connections go with the last lease, and before their network") {
  ask(*lease->keeping_http_client(""));
  answer();
  CHECK_FALSE(wires.back()->is_gone);
  lease.reset();
  loop.turn(false);
  CHECK(wires.back()->is_gone);

  lease = std::make_unique<NetworkLease>(*network);
  ask(*lease->keeping_http_client(""));
  answer();
  lease.reset();  // and no turn follows
  network.reset();
  CHECK(wires.back()->is_gone);
}

}  // namespace
}  // namespace gateway

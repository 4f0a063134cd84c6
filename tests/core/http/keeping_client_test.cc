// The HTTP client that keeps its connections: which fetches share one, and what becomes of those that end.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/http/client.h"
#include "core/net/connector.h"
#include "tests/core/http/support/fake_stream.h"

#include <doctest/doctest.h>

namespace core {
namespace {

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Each connection is a wire whose other end is the test.
struct Wires final : Connector {
  Flow<std::unique_ptr<ByteStream>> connect(HostPort to, Deadline) override {
    places.push_back(to);
    all.push_back(std::make_unique<Wire>());
    co_return std::make_unique<FakeStream>(*all.back());
  }
  std::vector<HostPort> places;
  std::vector<std::unique_ptr<Wire>> all;
};

struct Bed {
  ManualClock clock{from_unix_seconds(1'800'000'000)};
  Loop loop{clock};
  Wires wires;
  std::unique_ptr<HttpClient> client = make_keeping_http_client(loop, {nullptr, &wires});
  RunningFlow<FetchResponse> running;
  std::optional<Result<FetchResponse>> outcome;

  void ask(std::string_view url) {
    FetchRequest request;
    request.url = *parse_url(url);
    outcome.reset();
    running.start(client->fetch(std::move(request), {}),
                  [this](Result<FetchResponse> result) { outcome = std::move(result); });
    loop.turn(false);
  }
  void arrive(std::size_t wire, std::string_view bytes, Wire::Arrival arrival = Wire::Arrival::open) {
    Wire& on = *wires.all[wire];
    on.arriving += bytes;
    on.arrival = arrival;
    on.may_have_bytes = true;
    on.events->on_readable();
    loop.turn(false);
  }
  void get(std::string_view url, std::size_t wire) {
    ask(url);
    REQUIRE(wires.all.size() > wire);
    arrive(wire, kOk);
    REQUIRE(outcome.has_value());
    REQUIRE(outcome->has_value());
    CHECK((*outcome)->body == "ok");
  }
};

TEST_CASE_FIXTURE(Bed, "a connection serves the next fetch to the same place, and to no other") {
  get("https://api.test/a", 0);
  get("https://api.test/b", 0);
  CHECK(wires.all.size() == 1);
  CHECK(wires.all[0]->written.find("GET /b HTTP/1.1") != std::string::npos);
  get("https://other.test/a", 1);
  get("https://api.test:444/a", 2);
  get("https://api.test/c", 0);
  CHECK(wires.all.size() == 3);
}

TEST_CASE_FIXTURE(Bed, "two fetches at a time have a connection each") {
  ask("https://api.test/a");
  RunningFlow<FetchResponse> other;
  FetchRequest request;
  request.url = *parse_url("https://api.test/b");
  bool has_ended = false;
  other.start(client->fetch(std::move(request), {}), [&](const auto&) { has_ended = true; });
  loop.turn(false);
  REQUIRE(wires.all.size() == 2);
  arrive(1, kOk);
  CHECK(has_ended);
  CHECK_FALSE(outcome.has_value());
  arrive(0, kOk);
  CHECK(outcome.has_value());
}

TEST_CASE_FIXTURE(Bed, "a kept connection that has ended is not used again") {
  get("https://api.test/a", 0);
  arrive(0, "", Wire::Arrival::ended);
  get("https://api.test/b", 1);
  clock.advance(Duration(61'000));
  loop.turn(false);
  CHECK(wires.all[1]->is_gone);
}

TEST_CASE_FIXTURE(Bed,
                  "a fetch whose kept connection ends before any answer is made once more, on a fresh one") {
  get("https://api.test/a", 0);
  ask("https://api.test/b");
  CHECK(wires.all[0]->written.find("GET /b") != std::string::npos);
  arrive(0, "", Wire::Arrival::ended);
  CHECK_FALSE(outcome.has_value());
  REQUIRE(wires.all.size() == 2);
  CHECK(wires.all[1]->written.find("GET /b") != std::string::npos);
  arrive(1, "", Wire::Arrival::ended);
  REQUIRE(outcome.has_value());
  CHECK_FALSE(outcome->has_value());
  CHECK(wires.all.size() == 2);
}

TEST_CASE_FIXTURE(Bed, "a fetch whose kept connection ends within its answer fails") {
  get("https://api.test/a", 0);
  ask("https://api.test/b");
  arrive(0, "HTTP/1.1 200 OK\r\nContent-Le", Wire::Arrival::ended);
  REQUIRE(outcome.has_value());
  CHECK_FALSE(outcome->has_value());
  CHECK(wires.all.size() == 1);
}

TEST_CASE_FIXTURE(Bed, "the connection of a fetch that nobody waits for any more is not kept") {
  ask("https://api.test/a");
  running.cancel();
  loop.turn(false);
  CHECK(wires.all[0]->is_gone);
  get("https://api.test/b", 1);
}

}  // namespace
}  // namespace core

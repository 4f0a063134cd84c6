// L20: what stands open for somebody is broken off when he may not go on: sockets and event streams.
#include <string>
#include <string_view>

#include "tests/gateway/run/support/house.h"
#include "tests/support/doctest.h"

namespace {

using namespace std::chrono_literals;
using test_support::get;
using test_support::House;

constexpr std::string_view kHandshake =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://app.test\r\n";
constexpr std::string_view kSwitch =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
constexpr std::string_view kEvents =
    "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n\r\ndata: x\n\n";
constexpr std::string_view kDownload = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun";

/// Alice, whose session ends in an hour, has asked; the origin answers with `answer`, which goes on.
struct Open {
  House house;

  explicit Open(std::string_view answer, std::string_view fields = "") {
    auto alice = std::make_shared<gateway::Identity>();
    alice->subject = "alice";
    alice->expires_at = house.clock.wall() + 1h;
    house.guard.identity = alice;
    house.connect();
    house.client_sends(get("/", fields));
    house.origin_got();
    house.origin_sends(answer);
    REQUIRE_FALSE(house.client_got().empty());
    REQUIRE(is_open());
  }
  bool is_open() {
    if (house.is_over()) return false;
    house.origin_sends("more");
    return !house.is_over() && !house.client_got().empty();
  }
};

}  // namespace

TEST_CASE("L20: a socket and an event stream end when the guard would not let them begin any more") {
  for (const bool is_socket : {true, false}) {
    CAPTURE(is_socket);
    Open open(is_socket ? kSwitch : kEvents, is_socket ? kHandshake : "");
    open.house.look_at_standing();
    CHECK(open.is_open());
    open.house.guard.keeps_admitting = false;
    CHECK(open.is_open());  // nobody has looked yet
    open.house.look_at_standing();
    CHECK(open.house.is_over());
    CHECK(open.house.town.wires.back().is_gone);
    CHECK(open.house.access.text.find("the session that it was opened with") != std::string::npos);
  }
}

TEST_CASE("L20: what a session asked for does not open once it has ended") {
  for (const bool is_socket : {true, false}) {
    CAPTURE(is_socket);
    House house;
    auto alice = std::make_shared<gateway::Identity>();
    alice->subject = "alice";
    alice->expires_at = house.clock.wall() + 1h;
    house.guard.identity = alice;
    house.connect();
    house.client_sends(get("/", is_socket ? kHandshake : ""));
    house.origin_got();
    house.guard.keeps_admitting = false;
    house.look_at_standing();  // nothing stands yet
    house.origin_sends(is_socket ? kSwitch : kEvents);
    const std::string got = house.client_got();
    CHECK(got.starts_with("HTTP/1.1 403 "));
    CHECK(got.find("data:") == std::string::npos);
    CHECK(house.town.wires.back().is_gone);
  }
}

TEST_CASE("L20: a socket ends with its session, by itself") {
  Open open(kSwitch, kHandshake);
  for (int minute = 1; minute < 60; ++minute) {
    open.house.pass(1min);
    CHECK(open.is_open());
  }
  open.house.guard.keeps_admitting = false;
  open.house.pass(59s);
  CHECK(open.is_open());
  open.house.pass(1s);
  CHECK(open.house.is_over());
}

TEST_CASE("an answer that has an end is left to it, and so is what nobody signed in for") {
  Open download(kDownload);
  download.house.guard.keeps_admitting = false;
  download.house.look_at_standing();
  CHECK(download.is_open());

  House house;
  house.connect();
  house.client_sends(get("/", kHandshake));
  house.origin_got();
  house.origin_sends(kSwitch);
  house.client_got();
  house.guard.keeps_admitting = false;
  house.look_at_standing();
  house.origin_sends("more");
  CHECK(house.client_got() == "more");
}

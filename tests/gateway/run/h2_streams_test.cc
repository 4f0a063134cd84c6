// A connection with many exchanges at once: each in another state when the client, the origin or a change of
// policy ends them all, and what of a request HTTP/2 can say that HTTP/1.1 must not.
#include "tests/gateway/run/support/house.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/core/http/support/h2_frames.h"

namespace {

namespace h2 = core::h2;
using test_support::House;
using test_support::HouseRules;

constexpr std::uint32_t kStreams = 96;
constexpr std::uint16_t kInitialWindow = 4;
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n";

HouseRules over_h2() {
  HouseRules rules;
  rules.certificate = {"app.test"};
  rules.protocol = "h2";
  return rules;
}

void greet(House& house) {
  house.connect();
  house.client_sends(std::string(h2::kPreface) + h2::settings({{kInitialWindow, 1000}}) +
                     h2::frame(h2::kSettings, h2::kAck, 0, ""));
}

std::string request(std::uint32_t stream, const std::string& method, const h2::FieldList& more = {}) {
  h2::FieldList fields = {
      {":method", method}, {":scheme", "https"}, {":authority", "app.test"}, {":path", "/"}};
  fields.insert(fields.end(), more.begin(), more.end());
  const bool ends = method == "GET";
  return h2::headers(stream, fields, ends ? h2::kEndHeaders | h2::kEndStream : h2::kEndHeaders);
}

/// Exchanges that are answered, uploading, connecting and waiting for the guard, in one connection.
void fill(House& house) {
  greet(house);
  std::uint32_t id = 1;
  for (; id < kStreams / 2; id += 4) {
    house.client_sends(request(id, "GET"));
    house.origin_sends(kAnswer);
    house.origin_sends(std::string(50'000, 'x'));
    house.client_sends(request(id + 2, "POST") + h2::data(id + 2, std::string(16'000, 'x')));
    house.town.wires.back().room = 100;
  }
  house.town.holds = true;
  for (; id < kStreams; id += 2) house.client_sends(request(id, id % 4 == 1 ? "GET" : "POST"));
  house.guard.holds = true;
  for (; id < kStreams + 20; id += 2) house.client_sends(request(id, "GET"));
  REQUIRE(house.town.waiting() > 10);
}

std::size_t origins_open(House& house) {
  std::size_t open = 0;
  for (const core::Wire& wire : house.town.wires) open += wire.is_gone ? 0 : 1;
  return open;
}

}  // namespace

TEST_CASE("a connection that breaks ends its exchanges wherever each of them stands") {
  House house(over_h2());
  fill(house);
  REQUIRE(origins_open(house) > 20);
  SUBCASE("the client is gone") {
    house.client_breaks();
  }
  SUBCASE("the client ends its side") {
    house.client_ends();
  }
  SUBCASE("the client writes what is no frame") {
    house.client_sends(h2::frame(h2::kData, 0, 0, "x"));
  }
  SUBCASE("the client resets all of them in one turn") {
    std::string resets;
    for (std::uint32_t id = 1; id < kStreams + 20; id += 2) resets += h2::reset(id);
    house.client_sends(resets);
    house.turn();
    CHECK(origins_open(house) == 0);
    house.client_breaks();
  }
  SUBCASE("the origins break") {
    for (core::Wire& wire : house.town.wires) {
      wire.arrival = core::Wire::Arrival::broken;
      wire.may_have_bytes = true;
      if (!wire.is_gone && wire.events != nullptr) wire.events->on_readable();
    }
    house.town.refuse();
    house.turn();
    house.client_breaks();
  }
  SUBCASE("nobody may go on") {
    house.guard.keeps_admitting = false;
    house.look_at_standing();
    house.client_breaks();
  }
  SUBCASE("the gateway drains, then the client goes") {
    house.connection().drain(core::Duration(0));
    house.turn();
    house.pass(std::chrono::seconds(2));
    CHECK_FALSE(house.is_over());
    house.client_breaks();
  }
  house.turn();
  house.pass(std::chrono::minutes(10));
  house.pass(std::chrono::minutes(10));
  CHECK(house.is_over());
  CHECK(origins_open(house) == 0);
  house.town.let_in();
  house.guard.decide();
  house.turn();
}

TEST_CASE("what HTTP/2 can say and HTTP/1.1 must not reaches no origin") {
  struct Case {
    h2::FieldList more;
    const char* why;
  };
  const std::vector<Case> cases = {
      {{{"x", "a\r\nY: b"}}, "CR LF in a value"},
      {{{"x", std::string("a\0b", 3)}}, "NUL in a value"},
      {{{"x\r\ny", "b"}}, "CR LF in a name"},
      {{{"x: y", "b"}}, "a colon in a name"},
      {{{"X", "b"}}, "upper case"},
      {{{"transfer-encoding", "chunked"}}, "a transfer coding"},
      {{{"connection", "x"}}, "Connection"},
      {{{"upgrade", "websocket"}}, "Upgrade"},
      {{{"te", "gzip"}}, "TE"},
      {{{"content-length", "5"}}, "a length and no body"},
      {{{"content-length", "0"}, {"content-length", "0"}}, "two lengths"},
      {{{"content-length", "+0"}}, "a length with a sign"},
      {{{"host", "other.test"}}, "two names of the host"},
      {{{":path", "/admin"}}, "two paths"},
      {{{"x", "1"}, {":method", "PUT"}}, "a pseudo-header field behind"},
      {{{":protocol", "websocket"}}, "an extended CONNECT"},
  };
  for (const Case& hostile : cases) {
    CAPTURE(hostile.why);
    House house(over_h2());
    greet(house);
    house.client_sends(request(1, "GET", hostile.more));
    CHECK(house.town.wires.empty());
    house.client_breaks();
    house.turn();
    CHECK(house.is_over());
  }
}

TEST_CASE("H03: a coalesced connection answers 421 for a host outside its certificate, and goes on") {
  House house(over_h2());
  greet(house);
  house.client_got();
  const h2::FieldList other = {
      {":method", "GET"}, {":scheme", "https"}, {":authority", "other.test"}, {":path", "/"}};
  house.client_sends(h2::headers(1, other, h2::kEndHeaders | h2::kEndStream));
  h2::Reader reader;
  const std::vector<h2::Frame> frames = reader.read(house.client_got());
  REQUIRE_FALSE(frames.empty());
  CHECK(frames[0].fields.starts_with(":status=421;"));
  CHECK(house.town.wires.empty());
  house.client_sends(request(3, "GET"));
  CHECK(house.town.wires.size() == 1);
  house.client_breaks();
  house.turn();
}

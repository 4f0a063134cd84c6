// Requests of many clients on few connections to an origin of HTTP/2: who shares one, who waits for it, what
// is sent again.
#include "tests/gateway/run/support/several_origins.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/core/http/support/h2_frames.h"

namespace {

namespace h2 = core::h2;
using test_support::get;
using test_support::holds;
using test_support::House;
using test_support::HouseRules;

constexpr std::uint16_t kMaxStreams = 3;
constexpr std::string_view kHttp1Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

HouseRules to_h2() {
  HouseRules rules = test_support::origins({"a.test:80"});
  rules.upstream.origins[0].protocol = config::OriginProtocol::h2c;
  return rules;
}

std::string ok(std::uint32_t stream) {
  return h2::headers(stream, {{":status", "200"}, {"content-length", "2"}}, h2::kEndHeaders) +
         h2::data(stream, "ok", h2::kEndStream);
}

/// Heads of requests that the newest connection was sent, with their streams.
struct Asked {
  std::vector<std::uint32_t> streams;
  std::string fields;  ///< of the last
};
Asked asked(House& house, h2::Reader& reader) {
  std::string bytes = house.origin_got();
  if (bytes.starts_with(kHttp1Preface)) bytes.erase(0, kHttp1Preface.size());
  Asked asked;
  for (const h2::Frame& frame : reader.read(bytes)) {
    if (frame.type != h2::kHeaders) continue;
    asked.streams.push_back(frame.stream);
    asked.fields = frame.fields;
  }
  return asked;
}

TEST_CASE("requests that come while a connection is being made wait for it, and share it") {
  House house(to_h2());
  house.town.holds = true;
  std::vector<std::unique_ptr<House::Guest>> guests;
  for (int i = 0; i < 5; ++i) {
    guests.push_back(std::make_unique<House::Guest>(house));
    guests.back()->sends(get("/"));
  }
  CHECK(house.town.waiting() == 1);
  house.town.let_in();
  house.turn();
  h2::Reader reader;
  CHECK(asked(house, reader).streams.empty());  // the origin has not greeted
  house.origin_sends(h2::settings());
  CHECK(asked(house, reader).streams.size() == 5);
  house.origin_sends(ok(1) + ok(3) + ok(5) + ok(7) + ok(9));
  for (const auto& guest : guests) CHECK(holds(guest->got(), "HTTP/1.1 200"));
  House::Guest late(house);
  late.sends(get("/"));
  CHECK(asked(house, reader).streams == std::vector<std::uint32_t>{11});
  CHECK(house.town.wires.size() == 1);
  CHECK(house.connections() == 1);
}

TEST_CASE("a connection that cannot be made fails all who wait for it, and leaves no trace") {
  House house(to_h2());
  house.town.holds = true;
  House::Guest one(house);
  House::Guest two(house);
  one.sends(get("/"));
  two.sends(get("/"));
  house.town.refuse();
  house.turn();
  CHECK(holds(one.got(), "HTTP/1.1 502"));
  CHECK(holds(two.got(), "HTTP/1.1 502"));
  CHECK(house.connections() == 0);
}

TEST_CASE("a connection that nobody waits for any more serves the next request") {
  House house(to_h2());
  house.town.holds = true;
  {
    House::Guest gone(house);
    gone.sends(get("/"));
  }
  house.town.let_in();
  house.turn();
  house.origin_sends(h2::settings());
  House::Guest next(house);
  next.sends(get("/"));
  h2::Reader reader;
  CHECK(asked(house, reader).streams == std::vector<std::uint32_t>{1});
  CHECK(house.town.wires.size() == 1);
}

TEST_CASE("what finds a connection full gets another, or waits where the circuit allows no more") {
  for (const bool is_bounded : {false, true}) {
    CAPTURE(is_bounded);
    HouseRules rules = to_h2();
    if (is_bounded) rules.upstream.balancing.circuit.connections = 1;
    House house(std::move(rules));
    house.town.holds = true;
    std::vector<std::unique_ptr<House::Guest>> guests;
    for (int i = 0; i < 3; ++i) {
      guests.push_back(std::make_unique<House::Guest>(house));
      guests.back()->sends(get("/"));
    }
    house.town.let_in();
    house.turn();
    house.town.holds = false;
    house.origin_sends(h2::settings({{kMaxStreams, 2}}));
    house.turn();
    CHECK(house.town.wires.size() == (is_bounded ? 1 : 2));
    if (!is_bounded) house.origin_sends(h2::settings({{kMaxStreams, 2}}));
    core::Wire& first = house.town.wires.front();
    first.arriving += ok(1);
    first.may_have_bytes = true;
    first.events->on_readable();
    house.turn();
    house.turn();
    CHECK(holds(guests[0]->got(), "HTTP/1.1 200"));
    h2::Reader reader;
    const Asked third = asked(house, reader);
    CHECK(third.streams.back() == (is_bounded ? 5U : 1U));
    house.origin_sends(ok(third.streams.back()));
    CHECK(holds(guests[2]->got(), "HTTP/1.1 200"));
  }
}

TEST_CASE(
    "what the origin says it did not do is sent again, whatever the method; what has begun to leave is not") {
  House house(to_h2());
  House::Guest guest(house);
  h2::Reader reader;
  SUBCASE("a POST without a body, refused once") {
    guest.sends("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 0\r\n\r\n");
    house.origin_sends(h2::settings());
    house.origin_sends(h2::reset(1, h2::kRefusedStream));
    CHECK(asked(house, reader).streams == std::vector<std::uint32_t>{1, 3});
    house.origin_sends(ok(3));
    CHECK(holds(guest.got(), "HTTP/1.1 200"));
  }
  SUBCASE("one that is refused twice") {
    guest.sends(get("/"));
    house.origin_sends(h2::settings());
    house.origin_sends(h2::reset(1, h2::kRefusedStream));
    house.origin_sends(h2::reset(3, h2::kRefusedStream));
    CHECK(holds(guest.got(), "HTTP/1.1 502"));
  }
  SUBCASE("a body that has begun") {
    guest.sends("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 9\r\n\r\nbegun");
    house.origin_sends(h2::settings());
    house.origin_sends(h2::reset(1, h2::kRefusedStream));
    CHECK(asked(house, reader).streams == std::vector<std::uint32_t>{1});
    CHECK(holds(guest.got(), "HTTP/1.1 502"));
  }
  SUBCASE("a POST that was reset otherwise") {
    guest.sends("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 0\r\n\r\n");
    house.origin_sends(h2::settings());
    house.origin_sends(h2::reset(1, 2));
    CHECK(asked(house, reader).streams == std::vector<std::uint32_t>{1});
    CHECK(holds(guest.got(), "HTTP/1.1 502"));
  }
}

TEST_CASE("a body that comes while its request waits for another connection reaches the origin whole") {
  House house(to_h2());
  House::Guest guest(house);
  guest.sends("POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n");
  house.origin_sends(h2::settings());
  house.town.holds = true;
  house.origin_sends(h2::frame(h2::kGoaway, 0, 0, h2::number(0) + h2::number(0)));
  REQUIRE(house.town.waiting() == 1);
  guest.sends("5\r\nfirst\r\n");
  guest.sends("4\r\nlast\r\n0\r\n\r\n");
  house.town.let_in();
  house.turn();
  house.origin_sends(h2::settings());
  h2::Reader reader;
  std::string bytes = house.origin_got();
  bytes.erase(0, h2::kPreface.size());
  std::string body;
  bool has_ended = false;
  for (const h2::Frame& frame : reader.read(bytes)) {
    if (frame.type != h2::kData) continue;
    body += frame.payload;
    has_ended = frame.ends_stream();
  }
  CHECK(body == "firstlast");
  CHECK(has_ended);
  house.origin_sends(ok(1));
  CHECK(holds(guest.got(), "HTTP/1.1 200"));
}

TEST_CASE("a body that ended without a byte ends again where its request is sent again") {
  House house;
  House::Guest guest(house);
  guest.sends(get("/"));
  house.origin_sends(test_support::kAnswer);
  guest.got();
  house.origin_got();
  guest.sends("PUT / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  CHECK(holds(house.origin_got(), "Transfer-Encoding: chunked"));
  house.origin_ends();
  REQUIRE(house.town.wires.size() == 2);
  const std::string again = house.origin_got();
  CHECK(holds(again, "PUT / "));
  CHECK(holds(again, "Content-Length: 0\r\n"));
  CHECK(again.ends_with("\r\n\r\n"));
  house.origin_sends(test_support::kAnswer);
  CHECK(holds(guest.got(), "HTTP/1.1 200"));
}

TEST_CASE("a client that goes resets its stream and no other's") {
  House house(to_h2());
  auto gone = std::make_unique<House::Guest>(house);
  House::Guest stays(house);
  gone->sends(get("/"));
  house.origin_sends(h2::settings());
  stays.sends(get("/"));
  h2::Reader reader;
  asked(house, reader);
  gone->breaks();
  house.turn();
  const std::vector<h2::Frame> frames = reader.read(house.origin_got());
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].type == h2::kReset);
  CHECK(frames[0].stream == 1);
  house.origin_sends(ok(3));
  CHECK(holds(stays.got(), "HTTP/1.1 200"));
}

TEST_CASE("te: trailers is kept towards HTTP/2 alone, and nothing else of TE") {
  for (const bool is_h2 : {true, false}) {
    House house(is_h2 ? to_h2() : test_support::origins({"a.test:80"}));
    House::Guest guest(house);
    guest.sends(get("/", "TE: trailers, gzip;q=1\r\nConnection: TE\r\n"));
    if (is_h2) house.origin_sends(h2::settings());
    if (is_h2) {
      h2::Reader reader;
      const std::string fields = asked(house, reader).fields;
      CHECK(holds(fields, ";te=trailers;"));
      CHECK_FALSE(holds(fields, "gzip"));
      CHECK_FALSE(holds(fields, "connection"));
    } else {
      CHECK_FALSE(holds(house.origin_got(), "TE:"));
    }
  }
}

TEST_CASE("requests that waited for one connection are each told what is theirs, and the same again") {
  HouseRules rules = to_h2();
  rules.request_headers.set.push_back({"X-Path", *core::Template::parse("{path}")});
  House house(std::move(rules));
  std::vector<std::unique_ptr<House::Guest>> guests;
  for (const std::string name : {"anna", "bert", "carl"}) {
    guests.push_back(std::make_unique<House::Guest>(house));
    guests.back()->sends(get("/" + name, "TE: trailers\r\nCookie: name=" + name + "\r\n"));
  }
  house.origin_sends(h2::settings());
  const auto heads = [&house] {
    h2::Reader reader;
    std::string bytes = house.origin_got();
    if (bytes.starts_with(kHttp1Preface)) bytes.erase(0, kHttp1Preface.size());
    std::vector<std::string> found;
    for (const h2::Frame& frame : reader.read(bytes)) {
      if (frame.type == h2::kHeaders) found.push_back(frame.fields);
    }
    return found;
  };
  const std::vector<std::string> first = heads();
  REQUIRE(first.size() == 3);
  for (const std::string name : {"anna", "bert", "carl"}) {
    const auto of_name = [&name](const std::string& fields) { return holds(fields, ":path=/" + name + ";"); };
    const auto head = std::ranges::find_if(first, of_name);
    REQUIRE(head != first.end());
    CHECK(holds(*head, ";cookie=name=" + name + ";"));
    CHECK(holds(*head, ";x-path=/" + name));
    CHECK(holds(*head, ";te=trailers;"));
  }
  house.origin_sends(h2::reset(1, h2::kRefusedStream));
  house.origin_sends(h2::settings());  // of another connection
  const std::vector<std::string> again = heads();
  REQUIRE(again.size() == 1);
  CHECK(again.front() == first.front());
}

TEST_CASE("a connection with a PROXY header serves one request") {
  HouseRules rules = test_support::origins({"a.test:80"});
  rules.upstream.proxy_header = config::SentProxyHeader::v2;
  House house(std::move(rules));
  House::Guest guest(house);
  guest.sends(get("/"));
  house.origin_sends(test_support::kAnswer);
  guest.sends(get("/"));
  house.origin_sends(test_support::kAnswer);
  CHECK(house.town.wires.size() == 2);
  REQUIRE(house.town.greetings.size() == 2);
  const core::ProxyReading told = core::read_proxy_header(house.town.greetings[0]);
  REQUIRE(told.header.ends.has_value());
  CHECK(told.header.ends->source.text() == "192.0.2.8:50001");
  CHECK(house.connections() == 0);
}

}  // namespace

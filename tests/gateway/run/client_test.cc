// Whom a connection speaks for: PROXY headers and trusted proxies, as the origin, the log and the client see
// it.
#include "tests/gateway/run/support/house.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using test_support::get;
using test_support::House;
using test_support::HouseRules;

namespace {

constexpr std::string_view kFromClient = "PROXY TCP4 203.0.113.9 198.51.100.2 57090 443\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

core::IpAddress address(std::string_view text) {
  return *core::IpAddress::parse(text);
}

gateway::ClientRule trusting(std::string_view network, std::string field = "X-Forwarded-For") {
  return {{*core::Network::parse(network)}, std::move(field)};
}

/// A house whose clients come through balancers in 192.0.2.0/24 to the http listener's kind of entry.
HouseRules behind_balancers(config::ProxyProtocolMode mode = config::ProxyProtocolMode::required) {
  HouseRules rules;
  rules.entry = gateway::Entry::redirect;
  rules.proxy_protocol = {{*core::Network::parse("192.0.2.0/24")}, mode, {}};
  return rules;
}

HouseRules plain_for(std::string_view network, std::string field = "X-Forwarded-For") {
  HouseRules rules;
  rules.entry = gateway::Entry::plain;
  rules.clients = trusting(network, std::move(field));
  return rules;
}

bool holds(std::string_view text, std::string_view part) {
  return text.contains(part);
}

}  // namespace

TEST_CASE("a balancer's header says whose connection it is, in the log too") {
  House house(behind_balancers());
  house.connect();
  house.client_sends(std::string(kFromClient) + get("/x"));
  CHECK(holds(house.client_got(), "HTTP/1.1 308 "));
  CHECK(holds(house.access.text, "\"client.address\":\"203.0.113.9\""));
  CHECK(house.events.text.empty());
}

TEST_CASE("a header that comes in pieces, a request behind it later") {
  House house(behind_balancers());
  house.connect();
  for (const char byte : kFromClient) house.client_sends({&byte, 1});
  house.client_sends(get("/x"));
  CHECK(holds(house.client_got(), "HTTP/1.1 308 "));
  CHECK(holds(house.access.text, "\"client.address\":\"203.0.113.9\""));
}

TEST_CASE("F09: a connection of the balancer's own keeps the balancer's address") {
  const std::string local("\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00", 16);
  for (const std::string& header : {local, std::string("PROXY UNKNOWN\r\n")}) {
    House house(behind_balancers());
    house.connect();
    house.client_sends(header + get("/x"));
    CHECK(holds(house.client_got(), "HTTP/1.1 308 "));
    CHECK(holds(house.access.text, "\"client.address\":\"192.0.2.7\""));
  }
}

TEST_CASE("F13: a listed peer without a header is closed, and the operator is told once") {
  House house(behind_balancers());
  for (int i = 0; i < 3; ++i) {
    house.connect();
    house.client_sends(get("/x"));
    CHECK(house.client_got().empty());
    CHECK(house.is_over());
  }
  CHECK(house.access.text.empty());
  const std::string& told = house.events.text;
  CHECK(holds(told, "no PROXY header"));
  CHECK(holds(told, "192.0.2.7"));
  CHECK(told.find("no PROXY header") == told.rfind("no PROXY header"));
  house.pass(std::chrono::seconds(11));
  house.connect();
  house.client_sends("x");
  CHECK(holds(house.events.text, "count=3"));
}

TEST_CASE("a health check that connects and goes is nobody's error") {
  for (const bool breaks : {false, true}) {
    House house(behind_balancers());
    house.connect();
    if (breaks) {
      house.client_breaks();
    } else {
      house.client_ends();
    }
    house.turn();
    CHECK(house.is_over());
    CHECK(house.events.text.empty());
    CHECK(house.access.text.empty());
  }
}

TEST_CASE("F12: a header that does not come is waited for as long as a head") {
  for (const std::string_view begun : {"", "PROXY TCP4 203.0."}) {
    House house(behind_balancers());
    house.connect();
    if (!begun.empty()) house.client_sends(begun);
    house.pass(std::chrono::milliseconds(9'900));
    CHECK_FALSE(house.is_over());
    house.pass(std::chrono::milliseconds(200));
    CHECK(house.is_over());
    CHECK(house.events.text.empty());
  }
}

TEST_CASE("optional: a listed peer without a header speaks for itself") {
  House without(behind_balancers(config::ProxyProtocolMode::optional));
  without.connect();
  without.client_sends(get("/x"));
  CHECK(holds(without.client_got(), "HTTP/1.1 308 "));
  CHECK(holds(without.access.text, "\"client.address\":\"192.0.2.7\""));
  House with(behind_balancers(config::ProxyProtocolMode::optional));
  with.connect();
  with.client_sends(std::string(kFromClient) + get("/x"));
  CHECK(holds(with.access.text, "\"client.address\":\"203.0.113.9\""));
}

TEST_CASE("F13: a header of anybody else is a malformed request of his own") {
  HouseRules rules = behind_balancers();
  rules.peer = address("198.51.100.77");
  for (const std::string& header :
       {std::string(kFromClient), std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c", 16) + "123456789012"}) {
    House house(rules);
    house.connect();
    house.client_sends(header + get("/x"));
    CHECK(holds(house.client_got(), "HTTP/1.1 400 "));
    CHECK(holds(house.access.text, "\"client.address\":\"198.51.100.77\""));
    CHECK_FALSE(holds(house.access.text, "203.0.113.9"));
  }
}

TEST_CASE("F13: a second header is no header") {
  House house(behind_balancers());
  house.connect();
  house.client_sends(std::string(kFromClient) + "PROXY TCP4 6.6.6.6 198.51.100.2 1 2\r\n" + get("/x"));
  CHECK(holds(house.client_got(), "HTTP/1.1 400 "));
  CHECK(holds(house.access.text, "\"client.address\":\"203.0.113.9\""));
}

TEST_CASE("F01 F02: nobody believes what a stranger says of himself") {
  House house;
  house.connect();
  house.client_sends(get("/x",
                         "X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\n"
                         "CF-Connecting-IP: 6.6.6.6\r\nX-Forwarded-Proto: http\r\n"));
  const std::string sent = house.origin_got();
  CHECK_FALSE(holds(sent, "6.6.6.6"));
  CHECK(holds(sent, "X-Forwarded-For: 192.0.2.7\r\n"));
  CHECK(holds(sent, "X-Real-IP: 192.0.2.7\r\n"));
  CHECK(holds(sent, "Forwarded: for=192.0.2.7;host=app.test;proto=https\r\n"));
  house.origin_sends(kOk);
  CHECK(holds(house.access.text, "\"client.address\":\"192.0.2.7\""));
}

TEST_CASE("F13: a trusted proxy's client is the client everywhere") {
  HouseRules rules;
  rules.clients = trusting("192.0.2.0/24");
  House house(std::move(rules));
  house.connect();
  house.client_sends(get("/x", "X-Forwarded-For: 6.6.6.6, 2001:db8::9\r\nForwarded: for=6.6.6.6\r\n"));
  const std::string sent = house.origin_got();
  CHECK_FALSE(holds(sent, "6.6.6.6"));
  CHECK(holds(sent, "X-Forwarded-For: 2001:db8::9\r\n"));
  CHECK(holds(sent, "X-Real-IP: 2001:db8::9\r\n"));
  CHECK(holds(sent, "Forwarded: for=\"[2001:db8::9]\";host=app.test;proto=https\r\n"));
  CHECK(house.guard.client == address("2001:db8::9"));
  house.origin_sends(kOk);
  CHECK(holds(house.access.text, "\"client.address\":\"2001:db8::9\""));
  // Each request on the connection has its own.
  house.client_sends(get("/x", "X-Forwarded-For: 203.0.113.4\r\n"));
  CHECK(holds(house.origin_got(), "X-Forwarded-For: 203.0.113.4\r\n"));
  CHECK(house.guard.client == address("203.0.113.4"));
}

TEST_CASE("F03: a client that cannot be told ends in 400 before any rule is asked") {
  HouseRules rules;
  rules.clients = trusting("192.0.2.0/24");
  House house(std::move(rules));
  house.connect();
  house.client_sends(get("/x", "X-Forwarded-For: unknown\r\n"));
  CHECK(holds(house.client_got(), "HTTP/1.1 400 "));
  CHECK(house.guard.judged.empty());
  CHECK(house.town.wires.empty());
  CHECK(holds(house.access.text, "\"client.address\":\"192.0.2.7\""));
}

TEST_CASE("trusted proxies are those behind PROXY protocol, not the balancer in front") {
  HouseRules rules = behind_balancers();
  rules.clients = trusting("192.0.2.0/24");  // the balancer itself
  House house(std::move(rules));
  house.connect();
  house.client_sends(std::string(kFromClient) + get("/x", "X-Forwarded-For: 6.6.6.6\r\n"));
  CHECK(holds(house.access.text, "\"client.address\":\"203.0.113.9\""));

  HouseRules behind = behind_balancers();
  behind.clients = trusting("203.0.113.0/24");  // a proxy that comes through the balancer
  House other(std::move(behind));
  other.connect();
  other.client_sends(std::string(kFromClient) + get("/x", "X-Forwarded-For: 198.51.100.4\r\n"));
  CHECK(holds(other.access.text, "\"client.address\":\"198.51.100.4\""));
}

TEST_CASE("plain serves a trusted proxy whose client spoke https") {
  House house(plain_for("192.0.2.0/24"));
  house.connect();
  house.client_sends(get("/x", "X-Forwarded-For: 203.0.113.4\r\nX-Forwarded-Proto: https\r\n"));
  const std::string sent = house.origin_got();
  CHECK(holds(sent, "X-Forwarded-For: 203.0.113.4\r\n"));
  CHECK(holds(sent, "X-Forwarded-Proto: https\r\n"));
  house.origin_sends(kOk);
  CHECK(holds(house.client_got(), "HTTP/1.1 200 "));
}

TEST_CASE("plain: a client that spoke http is sent to https, and the log says why") {
  for (const std::string_view said :
       {"", "X-Forwarded-Proto: http\r\n", "Forwarded: for=1.1.1.1;proto=https\r\n"}) {
    CAPTURE(said);
    House house(plain_for("192.0.2.0/24"));
    house.connect();
    house.client_sends(get("/x?y", said));
    CHECK(holds(house.client_got(), "Location: https://app.test/x?y\r\n"));
    CHECK(house.town.wires.empty());
    CHECK(holds(house.access.text, "does not say"));
  }
}

TEST_CASE("plain: Forwarded says the scheme where it is the field that is believed") {
  House house(plain_for("192.0.2.0/24", "Forwarded"));
  house.connect();
  house.client_sends(get("/x", "Forwarded: for=203.0.113.4;proto=https\r\n"));
  CHECK(holds(house.origin_got(), "X-Forwarded-For: 203.0.113.4\r\n"));
}

TEST_CASE("plain: everybody but trusted proxies gets 403, whatever he says") {
  HouseRules rules = plain_for("10.0.0.0/8");
  rules.health_path = "/healthz";
  for (const std::string_view path : {"/x", "/healthz", "/oauth2/auth"}) {
    House house(rules);
    house.connect();
    house.client_sends(get(path, "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\n"));
    CHECK(holds(house.client_got(), "HTTP/1.1 403 "));
    CHECK(house.town.wires.empty());
    CHECK(house.guard.judged.empty());
  }
}

TEST_CASE("plain: a PROXY header is no request there, even of a listed balancer") {
  HouseRules rules = plain_for("192.0.2.0/24");
  rules.proxy_protocol = {{*core::Network::parse("192.0.2.0/24")}, config::ProxyProtocolMode::required, {}};
  House house(std::move(rules));
  house.connect();
  house.client_sends(std::string(kFromClient) + get("/x", "X-Forwarded-Proto: https\r\n"));
  CHECK(holds(house.client_got(), "HTTP/1.1 400 "));
}

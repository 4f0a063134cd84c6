// What a route makes of the path, and of what its origin says, on the wire: strip_prefix, rewrite, cors,
// HSTS.
#include "tests/gateway/run/support/house.h"

#include <doctest/doctest.h>

namespace {

using test_support::get;
using test_support::House;
using test_support::HouseRules;

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

constexpr std::string_view kOpened = "Access-Control-Allow-Origin: https://s.test\r\n";

HouseRules opened() {
  HouseRules rules;
  rules.cross_origin.emplace();
  rules.cross_origin->origins = {"https://s.test"};
  rules.cross_origin->methods = {"GET"};
  return rules;
}

}  // namespace

TEST_CASE("a stripped prefix is named to the origin, and put back into what it answers") {
  HouseRules rules;
  rules.path_change.strips_prefix = true;
  rules.path = "/v1";
  House house(std::move(rules));
  house.connect();
  house.client_sends(get("/v1/a?b=/v1", "X-Forwarded-Prefix: /evil\r\n"));
  const std::string sent = house.origin_got();
  CHECK(sent.starts_with("GET /a?b=/v1 HTTP/1.1\r\n"));
  CHECK(holds(sent, "X-Forwarded-Prefix: /v1\r\n"));
  CHECK_FALSE(holds(sent, "evil"));
  house.origin_sends(
      "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /x\r\nSet-Cookie: a=b; Path=/\r\n"
      "content-location: http://origin.test:8080/y\r\nRefresh: 1;url=z\r\nX-Location: /x\r\n\r\n");
  const std::string got = house.client_got();
  CHECK(holds(got, "\r\nLocation: /v1/x\r\n"));
  CHECK(holds(got, "Set-Cookie: a=b; Path=/v1\r\n"));
  CHECK(holds(got, "content-location: https://app.test/v1/y\r\n"));
  CHECK(holds(got, "Refresh: 1;url=/v1/z\r\n"));
  CHECK(holds(got, "X-Location: /x\r\n"));
}

TEST_CASE("G06: a path of which a rewrite makes none is refused before the origin hears of it") {
  HouseRules rules;
  rules.path_change.rewrite = config::PathRewrite{"/x(.*)", {"/public/{1}", {}}};
  House house(std::move(rules));
  house.connect();
  house.client_sends(get("/x../admin"));
  CHECK(house.client_got().starts_with("HTTP/1.1 400 "));
  CHECK(house.town.wires.empty());
  house.client_sends(get("/xa?/../b"));
  CHECK(house.origin_got().starts_with("GET /public/a?/../b HTTP/1.1\r\n"));
}

TEST_CASE("a preflight of an origin that may is answered before anybody is asked who may pass") {
  House house(opened());
  house.guard.refuses = true;
  house.connect();
  const std::string rest =
      get("/", "Access-Control-Request-Method: GET\r\nOrigin: https://s.test\r\n").substr(3);
  house.client_sends("OPTIONS" + rest);
  const std::string got = house.client_got();
  CHECK(got.starts_with("HTTP/1.1 204 "));
  CHECK(holds(got, kOpened));
  CHECK(house.guard.judged.empty());
  // Anybody else's is a request like others, and so is any other request of it.
  house.client_sends("OPTIONS" +
                     get("/", "Access-Control-Request-Method: GET\r\nOrigin: null\r\n").substr(3));
  const std::string refused = house.client_got();
  CHECK(refused.starts_with("HTTP/1.1 403 "));
  CHECK_FALSE(holds(refused, "Access-Control"));
  house.client_sends(get("/", "Access-Control-Request-Method: GET\r\nOrigin: https://s.test\r\n"));
  const std::string closed = house.client_got();
  CHECK(closed.starts_with("HTTP/1.1 403 "));
  CHECK(holds(closed, kOpened));
}

TEST_CASE("what an app says of CORS itself does not reach the client where the gateway speaks of it") {
  const std::string_view answer =
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nAccess-Control-Allow-Origin: *\r\n"
      "access-control-allow-credentials: true\r\n\r\n";
  House house(opened());
  house.connect();
  house.client_sends(get("/", "Origin: https://t.test\r\n"));
  house.origin_sends(answer);
  const std::string foreign = house.client_got();
  CHECK(foreign.starts_with("HTTP/1.1 200 "));
  CHECK_FALSE(holds(foreign, "llow-"));
  CHECK(holds(foreign, "Vary: Origin\r\n"));
  house.client_sends(get("/", "Origin: https://s.test\r\n"));
  house.origin_sends(answer);
  const std::string own = house.client_got();
  CHECK(holds(own, kOpened));
  CHECK_FALSE(holds(own, "redentials"));
  House plain;
  plain.connect();
  plain.client_sends(get("/"));
  plain.origin_sends(answer);
  CHECK(holds(plain.client_got(), "Access-Control-Allow-Origin: *\r\n"));
}

TEST_CASE("every answer over https says that there is nothing else, and none over http") {
  const std::string field = "Strict-Transport-Security: max-age=5\r\n";
  HouseRules rules;
  rules.strict_transport = "max-age=5";
  SUBCASE("over https") {
    House house(std::move(rules));
    house.connect();
    house.client_sends(get("/%zz"));
    CHECK(holds(house.client_got(), field));
    if (house.is_over()) house.connect();
    house.client_sends(get("/"));
    house.origin_sends(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nstrict-transport-security: max-age=0\r\n\r\n");
    const std::string got = house.client_got();
    CHECK(holds(got, field));
    CHECK_FALSE(holds(got, "max-age=0"));
    house.client_sends(get("/", "", "stranger.test"));
    const std::string stranger = house.client_got();
    CHECK(stranger.starts_with("HTTP/1.1 421 "));
    CHECK_FALSE(holds(stranger, field));
  }
  SUBCASE("over http") {
    rules.entry = gateway::Entry::redirect;
    House house(std::move(rules));
    house.connect();
    house.client_sends(get("/"));
    const std::string got = house.client_got();
    CHECK(got.starts_with("HTTP/1.1 308 "));
    CHECK_FALSE(holds(got, field));
  }
}

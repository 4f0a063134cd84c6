// Where the cookies that renew a session may go: never onto what a cache in between could give to others.
#include <string>
#include <string_view>

#include "tests/gateway/run/support/house.h"
#include "tests/support/doctest.h"

namespace {

using test_support::get;
using test_support::House;
using test_support::HouseRules;

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a session is never renewed where a shared cache could keep the cookie") {
  struct Row {
    std::string_view fields;  // of the origin's answer
    bool renews;
    bool adds_private;
  };
  const Row rows[] = {
      {"", true, true},
      {"Cache-Control: max-age=60\r\n", true, true},
      {"Cache-Control: no-cache\r\n", true, true},
      {"Cache-Control: private=\"x-a\", max-age=60\r\n", true, true},
      {"Cache-Control: notpublic, x=public\r\n", true, true},
      {"Expires: Thu, 01 Jan 2099 00:00:00 GMT\r\nETag: \"a\"\r\n", true, true},
      {"Cache-Control: private\r\n", true, false},
      {"cache-control: max-age=0, PRIVATE, must-revalidate\r\n", true, false},
      {"Cache-Control: no-store\r\n", true, false},
      {"Cache-Control: public, no-store\r\n", true, false},
      {"Surrogate-Control: no-store\r\nX-Accel-Expires: 0\r\n", true, true},
      {"Cache-Control: public\r\n", false, false},
      {"Cache-Control: max-age=0\r\ncache-control: max-age=1 , Public\r\n", false, false},
      {"Cache-Control: private, public\r\n", false, false},
      {"Cache-Control: s-maxage=0\r\n", false, false},
      {"Cache-Control: private, S-MaxAge=\"5\"\r\n", false, false},
      {"Cache-Control: no-store\r\nCDN-Cache-Control: max-age=60\r\n", false, false},
      {"Cache-Control: private\r\nCloudflare-CDN-Cache-Control: max-age=60\r\n", false, false},
      {"Cache-Control: private\r\nSurrogate-Control: max-age=60\r\n", false, false},
      {"Cache-Control: private\r\nX-Accel-Expires: 60\r\n", false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    House house;
    house.guard.cookies = {"__Host-gateway=1.renewed; Path=/; Secure; HttpOnly"};
    house.connect();
    house.client_sends(get("/"));
    house.origin_sends("HTTP/1.1 200 OK\r\n" + std::string(row.fields) +
                       "X-Last: 1\r\nContent-Length: 0\r\n\r\n");
    const std::string got = house.client_got();
    CHECK(holds(got, "\r\nSet-Cookie: __Host-gateway=1.renewed;") == row.renews);
    CHECK(holds(got, "X-Last: 1\r\nCache-Control: private\r\n") == row.adds_private);
    CHECK(holds(got, row.fields));
  }
}

TEST_CASE("what the route says about caching decides where a session is renewed") {
  HouseRules rules;
  rules.response_headers.set.push_back({"Cache-Control", *core::Template::parse("public, max-age=60")});
  House house(std::move(rules));
  house.guard.cookies = {"__Host-gateway=1.renewed; Path=/; Secure; HttpOnly"};
  house.connect();
  house.client_sends(get("/"));
  house.origin_sends("HTTP/1.1 200 OK\r\nCache-Control: private\r\nContent-Length: 0\r\n\r\n");
  const std::string got = house.client_got();
  CHECK(holds(got, "\r\nCache-Control: public, max-age=60\r\n"));
  CHECK_FALSE(holds(got, "renewed"));
}

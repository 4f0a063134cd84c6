// The path that an origin sees, and what other origins' scripts may: strip_prefix, rewrite, cors.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;
using std::chrono_literals::operator""min;

namespace {

std::string with(std::string_view keys) {
  return "host: a.example.com, to: 'http://app:80', policy: staff, " + std::string(keys);
}

Route route_of(std::string_view keys) {
  const LoadOutcome outcome = load_route(with(keys));
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  return outcome.config->routes[0];
}

struct Row {
  std::string keys;
  std::string why;
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.keys);
    const LoadOutcome outcome = load_route(with(row.keys));
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, row.why));
  }
}

}  // namespace

TEST_CASE("a prefix goes, and the rest is made anew") {
  CHECK(route_of("path: /v1, strip_prefix: true").path_change == PathChange{true, {}});
  CHECK(route_of("path: /v1, strip_prefix: false").path_change == PathChange{});
  CHECK(route_of("rewrite: '/new{path}'").path_change.rewrite->to.text == "/new{path}");
  const PathChange change = route_of("rewrite: {regex: '/(.*)/(.*)', to: '/{2}/{1}'}").path_change;
  CHECK(change.rewrite->regex == "/(.*)/(.*)");
  CHECK(change.rewrite->to.text == "/{2}/{1}");
  CHECK(route_of("path: {regex: '/v([0-9]+)'}, rewrite: '/{1}'").path_change.rewrite->regex.empty());
  check_rows({{"strip_prefix: true", "no prefix that could go"},
              {"path: {exact: /x}, strip_prefix: true", "no prefix that could go"},
              {"path: {regex: '/x'}, strip_prefix: true", "no prefix that could go"},
              {"path: /x, strip_prefix: yes", "true or false"},
              {"rewrite: 'new{path}'", "begins with /"},
              {"rewrite: 'http://evil/{path}'", "begins with /"},
              {"rewrite: '{1}'", "begins with /"},
              {"rewrite: '/{uri}'", "no other placeholder"},
              {"rewrite: '/{user}'", "no other placeholder"},
              {"rewrite: '/a?b={path}'", "without query"},
              {"rewrite: '/a/../{path}'", "normal form"},
              {"rewrite: '/a b'", "without query"},
              {"rewrite: '/%61'", "normal form"},
              {"rewrite: '/{1}'", "there is no group {1}"},
              {"rewrite: {regex: '/(.*)', to: '/{2}'}", "there is no group {2}"},
              {"rewrite: {regex: '/(', to: '/x'}", "regular expression"},
              {"rewrite: {regex: '/x'}", "{regex: …, to: …}"},
              {"rewrite: {to: '/x'}", "{regex: …, to: …}"}});
  CHECK(fails_with(load_route("host: a.example.com, redirect: 'https://x.com', strip_prefix: true, path: /x"),
                   "without an upstream"));
}

TEST_CASE("cors names origins, and no stranger may come with credentials") {
  const CrossOrigin plain =
      *route_of("cors: {origins: [https://S.example.com, 'http://localhost:3000']}").cross_origin;
  CHECK(plain.origins == std::vector<std::string>{"https://s.example.com", "http://localhost:3000"});
  CHECK_FALSE(plain.takes_credentials);
  CHECK(plain.methods == std::vector<std::string>{"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"});
  CHECK_FALSE(plain.headers);
  CHECK(plain.max_age == 10min);
  const CrossOrigin full =
      *route_of(
           "methods: [POST, GET], cors: {origins: 'https://s.com', credentials: true, headers: "
           "[X-A], expose: X-B, max_age: 1m}")
           .cross_origin;
  CHECK(full.takes_credentials);
  CHECK(full.methods == std::vector<std::string>{"GET", "POST"});
  CHECK(*full.headers == std::vector<std::string>{"X-A"});
  CHECK(full.exposed == std::vector<std::string>{"X-B"});
  CHECK(full.max_age == 1min);
  CHECK(route_of("cors: {origins: '*', methods: [GET]}").cross_origin->origins.empty());
  CHECK_FALSE(route_of("cors: off").cross_origin);
  check_rows(
      {{"cors: {}", "origins: is missing"},
       {"cors: {origins: '*', credentials: true}", "not for every origin"},
       {"cors: {origins: ['*']}", "expected a URL"},
       {"cors: {origins: ['null']}", "expected a URL"},
       {"cors: {origins: 'null'}", "expected a URL"},
       {"cors: {origins: []}", "1 to 100"},
       {"cors: {origins: ['https://a.com/x']}", "host and port only"},
       {"cors: {origins: ['https://*.a.com']}", "expected a URL"},
       {"cors: {origins: '*', methods: [get]}", "in upper case"},
       {"cors: {origins: '*', headers: ['a b']}", "name of a header field"},
       {"cors: {origins: '*', headers: ['*']}", "name of a header field"},
       {"cors: {origins: '*', max_age: 2d}", "at most 24h"},
       {"cors: {origins: '*', max_age: 1500ms}", "whole seconds"},
       {"cors: {origins: '*'}, response_headers: {set: {access_control-max-age: '1'}}", "said by cors"},
       {"cors: true", "expected a map"}});
}

// The order in which a host's routes are asked: exact path, longest prefix, expressions in file order; at
// each place header conditions, most first.
#include "gateway/model/host_routes.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace gateway {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

core::Fields fields_of(const Pairs& pairs) {
  core::Fields fields;
  for (const auto& [name, value] : pairs) fields.add(name, value);
  return fields;
}

Route named(std::string name, std::vector<HeaderCondition> conditions = {}) {
  Route route;
  route.name = std::move(name);
  route.conditions = std::move(conditions);
  return route;
}

std::string found(const HostRoutes& host, std::string_view path, const Pairs& pairs = {}) {
  const Route* route = host.find(path, fields_of(pairs));
  return route == nullptr ? "" : route->name;
}

TEST_CASE("expressions come after paths, in the order of the file, and match whole paths") {
  HostRoutes host;
  const Route exact = named("exact"), prefix = named("prefix"), numbers = named("numbers"),
              any = named("any");
  REQUIRE(host.add_expression("/v[0-9]+/.*", numbers));
  REQUIRE(host.add_expression("/v.*", any));
  CHECK(host.add_prefix("/v1", prefix));
  CHECK(host.add_exact("/v2/x", exact));
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"/v1/x", "prefix"}, {"/v1", "prefix"}, {"/v2/x", "exact"}, {"/v2/x/", "numbers"}, {"/v22/", "numbers"},
      {"/v2", "any"},      {"/vx/y", "any"},  {"/V2/x", ""},      {"/a/v2/x", ""},       {"/w", ""}};
  for (const auto& [path, expected] : rows) {
    CAPTURE(path);
    CHECK(found(host, path) == expected);
  }
}

TEST_CASE("O10: an expression is bounded, and so is what it is asked about") {
  HostRoutes host;
  const Route any = named("any");
  CHECK_FALSE(host.add_expression("/(", any));
  CHECK_FALSE(host.add_expression("/(x{1000}){100}", any));
  CHECK_FALSE(host.add_expression("/" + std::string(1024, 'a'), any));
  REQUIRE(host.add_expression("/.*", any));
  CHECK_FALSE(host.add_expression("/.*", any));
  CHECK(found(host, "/" + std::string(8000, 'a')) == "any");
  CHECK(found(host, "/" + std::string(9000, 'a')).empty());
}

TEST_CASE("of routes at one path the one with most conditions that hold is asked, then the first") {
  HostRoutes host;
  const Route plain = named("plain"), two = named("two", {{"X-A", {"1"}}, {"X-B", {"1"}}}),
              first = named("first", {{"X-A", {"1", "2"}}}), second = named("second", {{"X-B", {"1"}}});
  CHECK(host.add_prefix("/", first));
  CHECK(host.add_prefix("/", plain));
  CHECK(host.add_prefix("/", second));
  CHECK(host.add_prefix("/", two));
  CHECK_FALSE(host.add_prefix("/", two));
  CHECK(found(host, "/") == "plain");
  CHECK(found(host, "/", {{"x-a", "1"}}) == "first");
  CHECK(found(host, "/", {{"X-A", "2"}, {"X-B", "1"}}) == "first");
  CHECK(found(host, "/", {{"X-B", "1"}}) == "second");
  CHECK(found(host, "/", {{"X-B", "1"}, {"X-A", "1"}}) == "two");
  // Neither a part, nor another case, nor a field that stands twice.
  for (const Pairs& pairs : {Pairs{{"X-A", "1, 2"}}, Pairs{{"X-A", "11"}}, Pairs{{"X-A", ""}},
                             Pairs{{"X_A", "1"}}, Pairs{{"X-A", "1"}, {"x-a", "1"}}}) {
    CHECK(found(host, "/", pairs) == "plain");
  }
}

TEST_CASE("where no condition holds the next shorter path answers, then expressions") {
  HostRoutes host;
  const std::vector<HeaderCondition> on{{"X-Canary", {"on"}}};
  const Route exact = named("exact", on), deep = named("deep", on), shallow = named("shallow"),
              regex = named("regex", on), all = named("all");
  CHECK(host.add_exact("/a/b", exact));
  CHECK(host.add_prefix("/a/b", deep));
  CHECK(host.add_prefix("/a", shallow));
  REQUIRE(host.add_expression("/x.*", regex));
  REQUIRE(host.add_expression("/xy", all));
  CHECK(found(host, "/a/b", {{"X-Canary", "on"}}) == "exact");
  CHECK(found(host, "/a/b/", {{"X-Canary", "on"}}) == "deep");
  CHECK(found(host, "/a/b") == "shallow");
  CHECK(found(host, "/a/b/c") == "shallow");
  CHECK(found(host, "/xy", {{"X-Canary", "on"}}) == "regex");
  CHECK(found(host, "/xy") == "all");
  CHECK(found(host, "/xz").empty());
}

/// Nanoseconds a look-up among `count` routes.
double cost_of(std::size_t count) {
  std::vector<Route> routes(count);
  HostRoutes host;
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < count; ++i) {
    host.add_prefix(fmt::format("/service-{}/api", i), routes[i]);
    paths.push_back(fmt::format("/service-{}/api/items/{}", i, i * 7));
  }
  constexpr std::size_t kLookups = 200'000;
  const core::Fields none;
  std::size_t hits = 0;
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < kLookups; ++i)
    hits += host.find(paths[i * 31 % count], none) != nullptr ? 1 : 0;
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  CHECK(hits == kLookups);
  return spent.count() / kLookups;
}

TEST_CASE("what a look-up costs among ten and ten thousand routes is printed") {
  // Not a bound: the processor's caches and the machine's other work are in it.
  MESSAGE("nanoseconds a look-up: ", cost_of(10), " of 10 routes, ", cost_of(10'000), " of 10,000");
}

}  // namespace
}  // namespace gateway

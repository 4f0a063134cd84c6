#include "gateway/model/router.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace gateway {
namespace {

struct Table {
  Router router;
  Route root, api, api_v1, exact, wildcard, any;

  Table() {
    HostRoutes& app = router.host("app.example.com");
    CHECK(app.add_prefix("/", root));
    CHECK(app.add_prefix("/api", api));
    CHECK(app.add_prefix("/api/v1", api_v1));
    CHECK(app.add_exact("/api/health", exact));
    CHECK(router.host("*.example.com").add_prefix("/w", wildcard));
  }
  const Route* find(std::string_view host, std::string_view path) const {
    const HostRoutes* routes = router.find(host);
    return routes == nullptr ? nullptr : routes->find(path, core::Fields());
  }
};

TEST_CASE("the longest prefix in whole segments wins") {
  const Table table;
  struct Row {
    std::string_view path;
    const Route* expected;
  };
  const Row rows[] = {
      {"/", &table.root},
      {"/a", &table.root},
      {"/api", &table.api},
      {"/api/", &table.api},
      {"/apix", &table.root},
      {"/api/v1", &table.api_v1},
      {"/api/v1/x/y", &table.api_v1},
      {"/api/v10", &table.api},
      {"/api/health", &table.exact},
      {"/api/health/", &table.api},
      {"/API", &table.root},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK(table.find("app.example.com", row.path) == row.expected);
  }
}

TEST_CASE("the exact host alone decides: it does not fall to the wildcard") {
  Table table;
  CHECK(table.find("app.example.com", "/w") == &table.root);
  CHECK(table.find("other.example.com", "/w/x") == &table.wildcard);
  CHECK(table.find("other.example.com", "/") == nullptr);
}

TEST_CASE("a wildcard is exactly one label, and nothing that merely ends alike") {
  const Table table;
  for (const std::string_view host : {"a.b.example.com", "example.com", "xexample.com",
                                      "app.example.com.evil.test", "*.example.com.", ".example.com", ""}) {
    CAPTURE(host);
    CHECK(table.router.find(host) == nullptr);
  }
}

TEST_CASE("a host that spells the pattern itself is no way in") {
  const Table table;
  // "*" is no byte of a valid Host; should one arrive, it is looked up as any other name of one label below.
  CHECK(table.find("*.example.com", "/w") == &table.wildcard);
  CHECK(table.find("*", "/") == nullptr);
}

TEST_CASE("a place can be taken once") {
  Table table;
  Route second;
  CHECK_FALSE(table.router.host("app.example.com").add_prefix("/api", second));
  CHECK_FALSE(table.router.host("app.example.com").add_exact("/api/health", second));
}

TEST_CASE("ten thousand routes and a path of thousands of segments are looked up alike") {
  Router router;
  std::vector<Route> routes(10'000);
  for (std::size_t i = 0; i < routes.size(); ++i) {
    router.host(fmt::format("h{}.example.com", i)).add_prefix("/x", routes[i]);
  }
  CHECK(router.find("h9999.example.com")->find("/x/y", core::Fields()) == &routes[9999]);
  std::string deep = "/x";
  for (int i = 0; i < 4000; ++i) deep.append("/a");
  CHECK(router.find("h0.example.com")->find(deep, core::Fields()) == &routes[0]);
}

}  // namespace
}  // namespace gateway

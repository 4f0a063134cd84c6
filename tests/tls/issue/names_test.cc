#include "tls/issue/names.h"

#include "tls/self_signed.h"

#include "tests/support/doctest.h"

using namespace tls;
using Names = std::vector<std::string>;

namespace {

config::Config config_of(const Names& hosts) {
  config::Config config;
  for (const std::string& host : hosts) {
    config::Route route;
    route.host = host;
    config.routes.push_back(route);
  }
  return config;
}

CertificatePointer certificate_for(const Names& names) {
  AuthorityRequest request;
  request.common_name = "root";
  request.validity = {core::from_unix_seconds(1'000'000'000), core::from_unix_seconds(2'000'000'000)};
  const auto authority = PrivateAuthority::make(request);
  const auto text = (*authority)->issue({names, request.validity});
  return *Certificate::parse(*text);
}

}  // namespace

TEST_CASE("hosts of routes and of the sign-in are ordered, each once") {
  config::Config config = config_of({"b.test", "a.test", "b.test", "[::1]", "10.0.0.1", "*"});
  config.login.host = "auth.test";
  CHECK(names_to_order(config, {}) == Names{"10.0.0.1", "::1", "a.test", "auth.test", "b.test"});
}

TEST_CASE("what a given certificate covers is not ordered, by one label and not two") {
  const config::Config config = config_of({"a.test", "x.w.test", "y.x.w.test", "*.w.test", "w.test"});
  const std::vector<CertificatePointer> given{certificate_for({"a.test", "*.w.test"})};
  CHECK(names_to_order(config, given) == Names{"w.test", "y.x.w.test"});
}

TEST_CASE("acme: false counts where every route of the host says so") {
  config::Config config = config_of({"a.test", "a.test", "b.test"});
  config.routes[0].acme = false;
  config.routes[2].acme = false;
  CHECK(names_to_order(config, {}) == Names{"a.test"});
}

TEST_CASE("a name below an ordered wildcard needs no certificate of its own") {
  const config::Config config = config_of({"*.w.test", "x.w.test", "w.test", "y.x.w.test"});
  CHECK(names_to_order(config, {}) == Names{"*.w.test", "w.test", "y.x.w.test"});
}

TEST_CASE("names are ordered singly or in sets, a wildcard always with its base") {
  const Names names{"*.w.test", "a.test", "b.test", "w.test"};
  CHECK(sets_of(names, 1) == std::vector<NameSet>{{"*.w.test", "w.test"}, {"a.test"}, {"b.test"}});
  CHECK(sets_of(names, 100) == std::vector<NameSet>{{"*.w.test", "a.test", "b.test", "w.test"}});
  CHECK(sets_of(names, 2) == std::vector<NameSet>{{"*.w.test", "w.test"}, {"a.test", "b.test"}});
  CHECK(sets_of({}, 5).empty());
}

TEST_CASE("a set has an id that storage takes, another for every set") {
  for (const NameSet& set :
       std::vector<NameSet>{{"*.w.test", "w.test"}, {"::1"}, {std::string(253, 'a')}, {"a.test"}}) {
    const std::string id = set_id(set);
    CHECK(id.size() <= 113);
    CHECK_FALSE(id.starts_with('.'));
    CHECK(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") == std::string::npos);
  }
  CHECK(set_id({"a.test"}) != set_id({"a.test", "b.test"}));
  CHECK(set_id({"*.w.test"}) != set_id({"_.w.test"}));
}

TEST_CASE("a name apart has a set of its own, and no other set changes") {
  const std::vector<tls::NameSet> sets = tls::sets_of({"a.test", "b.test", "c.test", "d.test"}, 2);
  REQUIRE(sets == std::vector<tls::NameSet>{{"a.test", "b.test"}, {"c.test", "d.test"}});
  CHECK(tls::with_apart(sets, {}) == sets);
  CHECK(tls::with_apart(sets, {"x.test"}) == sets);
  CHECK(tls::with_apart(sets, {"a.test"}) ==
        std::vector<tls::NameSet>{{"a.test"}, {"b.test"}, {"c.test", "d.test"}});
  CHECK(tls::with_apart(sets, {"c.test", "d.test"}) ==
        std::vector<tls::NameSet>{{"a.test", "b.test"}, {"c.test"}, {"d.test"}});
}

TEST_CASE("a name leaves its set at once where it is refused for good, and at the second failure otherwise") {
  const auto refused = [](const char* name, const char* type) {
    tls::Problem problem;
    problem.type = type;
    return tls::NameRefusal{name, problem};
  };
  const tls::NameSet two{"a.test", "b.test"};
  struct Row {
    std::vector<tls::NameRefusal> refusals;
    unsigned failures;
    tls::NameSet leave;
    const char* why;
  };
  const Row rows[] = {
      {{}, 9, {}, "no name was said"},
      {{refused("a.test", "rejectedIdentifier")}, 1, {"a.test"}, "the authority's policy"},
      {{refused("a.test", "unsupportedIdentifier")}, 1, {"a.test"}, "the authority's policy"},
      {{refused("a.test", "caa")}, 1, {"a.test"}, "the zone forbids it"},
      {{refused("a.test", "connection")}, 1, {}, "another way may do"},
      {{refused("a.test", "connection")}, 2, {"a.test"}, "no way did"},
      {{refused("a.test", "unauthorized")}, 2, {"a.test"}, "no way did"},
      {{refused("a.test", "dns"), refused("b.test", "dns")}, 5, {}, "all of them: it is not the names"},
      {{refused("a.test", "caa"), refused("b.test", "caa")}, 1, {}, "all of them"},
      {{refused("a.test", "caa"), refused("b.test", "dns")}, 1, {"a.test"}, "one for good"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(tls::leaving(two, row.refusals, row.failures) == row.leave);
  }
}

// One refused name of several in a certificate: the others go on without it, it goes on by itself, and comes
// back.
#include <algorithm>

#include "tests/tls/issue/support/house.h"

#include "tests/support/doctest.h"

using namespace test_support;
using core::Json;
using namespace std::chrono_literals;

namespace {

struct Town : House {
  Town() {
    config.routes.clear();
    for (const char* host : {"a.test", "b.test", "c.test"}) add_host(host);
    config.tls.acme->names_per_certificate = 3;
  }
  /// The names of each new order, in order.
  void keep_orders() {
    authority.instead = [this](const std::string& what, const Json& payload) {
      std::optional<core::FetchResponse> answer;
      if (what != "new-order") return answer;
      std::string names;
      for (const Json& identifier : payload.find("identifiers")->elements()) {
        names.append(names.empty() ? "" : " ").append(*identifier.string_at("value"));
      }
      ordered.push_back(names);
      const bool is_refused = !refused.empty() && names.contains(refused);
      if (is_refused) answer = problem(403, "rejectedIdentifier", "cannot issue for " + refused);
      return answer;
    };
  }
  [[nodiscard]] std::size_t orders_of(const std::string& names) const {
    return static_cast<std::size_t>(std::ranges::count(ordered, names));
  }
  std::vector<std::string> ordered;
  std::string refused;
};

}  // namespace

TEST_CASE("a name that the authority refuses for good holds the others of its certificate up for one order") {
  Town town;
  town.keep_orders();
  town.refused = "b.test";
  auto process = town.start();
  town.pass(30s);
  REQUIRE(process->shown("a.test") != nullptr);
  CHECK(process->shown("a.test") == process->shown("c.test"));
  CHECK(process->shown("b.test") == nullptr);
  CHECK(town.ordered == std::vector<std::string>{"a.test b.test c.test", "a.test c.test"});
  CHECK(town.lines.mention("ordered apart"));
  // On its own it is tried as seldom as any name that fails, by this process and the next.
  town.pass(20min, 5s);
  CHECK(town.orders_of("b.test") == 2);
  process.reset();
  process = town.start();
  town.pass(30s);
  CHECK(process->shown("a.test") != nullptr);
  town.pass(20min, 5s);
  CHECK(town.orders_of("b.test") == 2);
  CHECK(town.orders_of("a.test b.test c.test") == 1);
  CHECK(town.orders_of("a.test c.test") == 1);
}

TEST_CASE("a name that works again comes back to its certificate") {
  Town town;
  town.keep_orders();
  town.refused = "b.test";
  auto process = town.start();
  town.pass(30s);
  REQUIRE(process->shown("a.test") != nullptr);
  town.refused.clear();
  town.pass(3min);
  REQUIRE(process->shown("b.test") != nullptr);
  CHECK(town.orders_of("b.test") == 1);
  town.pass(3min);
  CHECK(town.orders_of("a.test b.test c.test") == 2);
  CHECK(process->shown("a.test") == process->shown("b.test"));
  CHECK(process->shown("a.test") == process->shown("c.test"));
  process.reset();
  process = town.start();
  town.pass(30min, 5s);
  CHECK(process->shown("a.test") == process->shown("b.test"));
  CHECK(town.ordered.size() == 4);
}

TEST_CASE("a name that cannot be proved leaves when another way has failed too; if none can be, all stay") {
  Town town;
  town.keep_orders();
  town.authority.unprovable = {"b.test"};
  auto process = town.start();
  town.pass(30s);
  CHECK(process->shown("a.test") == nullptr);
  town.pass(3min);
  CHECK(process->shown("a.test") != nullptr);
  CHECK(process->shown("b.test") == nullptr);
  CHECK(town.orders_of("a.test b.test c.test") == 2);

  Town dark;
  dark.keep_orders();
  dark.authority.validates = false;
  auto other = dark.start();
  dark.pass(3h, 1min);
  CHECK(dark.orders_of("a.test b.test c.test") == dark.ordered.size());
}

TEST_CASE("another replica takes over what was set apart, and nobody orders it twice") {
  Town town;
  town.keep_orders();
  town.refused = "b.test";
  auto one = town.start("one");
  auto two = town.start("two");
  town.pass(1min);
  CHECK(one->shown("a.test") != nullptr);
  CHECK(two->shown("a.test") != nullptr);
  CHECK(town.orders_of("a.test c.test") == 1);
  one.reset();
  town.refused.clear();
  town.pass(15min, 2s);
  CHECK(two->shown("b.test") != nullptr);
  CHECK(town.orders_of("a.test b.test c.test") == 2);
}

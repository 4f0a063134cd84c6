// Names that are not ordered any more: proofs of hosts that left the configuration are given back, and no
// others; a certificate that is given takes a name out of its order.
#include <algorithm>

#include "tests/tls/issue/support/house.h"
#include "tls/self_signed.h"

#include "tests/support/doctest.h"

using namespace test_support;
using namespace std::chrono_literals;

namespace {

struct Street : House {
  Street() {
    add_host("left.test");
    auto process = start();
    pass(30s);
    REQUIRE(process->shown("left.test") != nullptr);
    REQUIRE(process->shown("app.test") != nullptr);
  }
  void leave() { config.routes.pop_back(); }
  [[nodiscard]] std::size_t count_of(const std::string& name, const std::string& status) const {
    return static_cast<std::size_t>(std::ranges::count_if(authority.authorizations, [&](const auto& one) {
      return one.second.name == name && one.second.status == status;
    }));
  }
  [[nodiscard]] std::size_t known_orders() {
    const auto keys = run(storage->list("certificates"));
    REQUIRE(keys);
    return static_cast<std::size_t>(std::ranges::count_if(
        *keys, [](const auto& key) { return key.contains("/proved.") || key.contains("/order."); }));
  }
};

}  // namespace

TEST_CASE(
    "what a host that left the configuration had proved is given back once, and nothing of the others") {
  Street street;
  CHECK(street.known_orders() == 2);
  auto process = street.start();
  street.pass(30s);
  CHECK(street.count_of("left.test", "deactivated") == 0);  // it is still there
  process.reset();
  street.leave();
  process = street.start();
  street.pass(30s);
  CHECK(street.count_of("left.test", "deactivated") == 1);
  CHECK(street.count_of("app.test", "valid") == 1);
  CHECK(street.known_orders() == 1);
  CHECK(street.lines.mention("were given back"));
  process.reset();
  const std::size_t before = street.authority.requests.size();
  process = street.start();
  street.pass(30s);
  CHECK(std::ranges::count(street.authority.requests.begin() + static_cast<std::ptrdiff_t>(before),
                           street.authority.requests.end(), "POST authz") == 0);
}

TEST_CASE("an order under way of a host that left is given back too, unless a replica is at work on it") {
  House house;
  house.add_host("left.test");
  house.authority.processing_polls = 1'000'000;
  {
    auto process = house.start();
    house.pass(10s);
  }
  const std::string id = tls::set_id({"left.test"});
  const auto has_order = [&] {
    const auto keys = house.run(house.storage->list("certificates/" + id));
    return std::ranges::any_of(*keys, [](const auto& key) { return key.contains("/order."); });
  };
  // Orders run one after the other until there is an account; the second may not have begun.
  if (!has_order()) {
    auto process = house.start();
    house.pass(25min, 5s);
  }
  REQUIRE(has_order());
  house.config.routes.pop_back();
  house.pass(30s);  // the dead process's lease runs out
  REQUIRE(house.run(house.storage->lock("acme." + id, "another", 40s)));
  auto process = house.start();
  house.pass(30s);
  CHECK(has_order());
  process.reset();
  REQUIRE(house.run(house.storage->remove("locks/acme." + id)));
  process = house.start();
  house.pass(30s);
  CHECK_FALSE(has_order());
}

TEST_CASE("an authority that cannot be reached is asked again at the next start") {
  Street street;
  street.leave();
  street.authority.instead = [](const std::string& what,
                                const core::Json&) -> std::optional<core::FetchResponse> {
    if (what != "order") return std::nullopt;
    return problem(503, "serverInternal");
  };
  auto process = street.start();
  street.pass(30s);
  CHECK(street.lines.mention("could not be given back"));
  CHECK(street.known_orders() == 2);
  process.reset();
  street.authority.instead = nullptr;
  process = street.start();
  street.pass(30s);
  CHECK(street.count_of("left.test", "deactivated") == 1);
}

TEST_CASE("a certificate that is given while its name is being ordered wins, and nothing more is ordered") {
  House house;
  house.authority.processing_polls = 20;
  auto process = house.start();
  house.pass(10s);
  REQUIRE(house.authority.count("POST finalize") == 1);
  tls::AuthorityRequest root;
  root.common_name = "root";
  root.validity = {house.clock.wall() - 1h, house.clock.wall() + 24h * 3000};
  const auto own = tls::PrivateAuthority::make(root);
  const auto text = (*own)->issue({{"app.test"}, root.validity});
  const tls::CertificatePointer given = *tls::Certificate::parse(*text);
  process->shelf.set_given({given});
  process->keeper.look_at_names();
  CHECK(process->shown("app.test") == given);
  house.pass(5min);
  CHECK(house.authority.issued == 1);
  CHECK(process->shown("app.test") == given);
  house.clock.advance(24h * 80);
  house.pass(5min);
  CHECK(house.authority.count("POST new-order") == 1);
}

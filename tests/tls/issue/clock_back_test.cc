// Clocks that are put back, and locks that are lost while names are tested: neither stops a renewal, nor
// orders twice.
#include "tests/tls/issue/support/house.h"

#include "tests/support/doctest.h"

using namespace test_support;
using namespace std::chrono_literals;

namespace {

/// Wall time alone.
void put_back(House& house, core::Duration by) {
  const core::WallTime wall = house.clock.wall();
  const core::SteadyTime steady = house.clock.steady();
  core::ManualClock other(wall);
  const auto passed = std::chrono::duration_cast<core::Duration>(steady - other.steady());
  other = core::ManualClock(wall - by - passed);
  other.advance(passed);
  house.clock = other;
  REQUIRE(house.clock.steady() == steady);
  REQUIRE(house.clock.wall() == wall - by);
}

const std::string& lock_name() {
  static const std::string name = "acme." + tls::set_id({"app.test"});
  return name;
}

}  // namespace

TEST_CASE("a set that was to wait for another replica is looked at again although the clock was put back") {
  House house;
  house.watched.held = lock_name();
  auto process = house.start();
  house.pass(3s);
  REQUIRE(process->shown("app.test") == nullptr);
  house.watched.held.clear();
  put_back(house, 24h);
  house.pass(30s);
  CHECK(process->shown("app.test") != nullptr);
}

TEST_CASE("the lock of a replica whose clock was ahead when it died is taken") {
  House house;
  REQUIRE(house.run(house.storage->lock(lock_name(), "dead", 20s)));
  put_back(house, 24h * 365);
  auto process = house.start();
  house.pass(30s);
  CHECK(process->shown("app.test") != nullptr);
}

TEST_CASE("advice that was asked for by a clock ahead is asked for again") {
  House house;
  house.authority.directory_more.set("renewalInfo", core::Json(house.authority.url("renewal-info")));
  auto process = house.start();
  house.pass(30s);
  REQUIRE(process->shown("app.test") != nullptr);
  const std::size_t asked = house.authority.count("GET renewal-info");
  REQUIRE(asked > 0);
  put_back(house, 24h * 3);
  house.pass(30s);
  CHECK(house.authority.count("GET renewal-info") > asked);
}

TEST_CASE("who lost the lock while names were tested orders nothing") {
  House house;
  house.config.tls.acme->self_test = config::SelfTest::warn;
  auto process = house.start();
  house.pass(5s);
  REQUIRE(house.nobody.asked > 0);
  REQUIRE(house.authority.count("POST new-order") == 0);
  house.watched.held = lock_name();
  house.pass(3min);
  CHECK(house.authority.count("POST new-order") == 0);
  house.watched.held.clear();
  house.pass(3min);
  CHECK(house.authority.count("POST new-order") == 1);
}

// Locks that are held for as long as work lasts, and no longer.
#include "tls/issue/held_lock.h"

#include "tests/tls/issue/support/house.h"

#include "tests/support/doctest.h"

using namespace test_support;
using namespace std::chrono_literals;

TEST_CASE("a lock that could not be renewed in time is lost, and its next holder keeps it") {
  House house;
  tls::HeldLock lock(house.loop, house.watched, "acme.x", "one");
  REQUIRE(house.run(lock.take()));
  house.pass(60s);
  CHECK_FALSE(lock.is_lost());
  house.watched.is_away = true;
  house.pass(tls::kLockLease);
  CHECK(lock.is_lost());
  house.watched.is_away = false;
  REQUIRE(house.run(house.storage->lock("acme.x", "two", 20s)));
  REQUIRE(house.run(lock.release()));  // what was late is no longer its own
  CHECK(house.run(house.storage->lock("acme.x", "three", 20s)).error().kind == core::ErrorKind::conflict);
}

#include <string>
#include <vector>

#include "core/storage/rules.h"
#include "tests/core/storage/storage_conformance.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using core::ErrorKind;
using namespace std::chrono_literals;

void check_put_and_get(const StorageBed& bed) {
  CHECK(run(bed.storage.get("a"), bed.loop).error().kind == ErrorKind::not_found);
  const std::string binary("\0\n\xff binary", 10);
  REQUIRE(run(bed.storage.put("a", entry(binary)), bed.loop));
  const auto kept = run(bed.storage.get("a"), bed.loop);
  REQUIRE_MESSAGE(kept, kept.error().text);
  CHECK(kept->value == binary);
  REQUIRE(run(bed.storage.put("a", entry("")), bed.loop));
  CHECK(run(bed.storage.get("a"), bed.loop)->value.empty());
  REQUIRE(run(bed.storage.put("a/b", entry("below a")), bed.loop));
  CHECK(run(bed.storage.get("a/b"), bed.loop)->value == "below a");
  CHECK(run(bed.storage.get("a"), bed.loop)->value.empty());
  REQUIRE(run(bed.storage.remove("a"), bed.loop));
  CHECK(run(bed.storage.get("a"), bed.loop).error().kind == ErrorKind::not_found);
  CHECK(run(bed.storage.get("a/b"), bed.loop)->value == "below a");
  REQUIRE(run(bed.storage.remove("a"), bed.loop));
  REQUIRE(run(bed.storage.remove("no/such/thing"), bed.loop));
  REQUIRE(run(bed.storage.remove("a/b"), bed.loop));
}

void check_expiry(const StorageBed& bed) {
  REQUIRE(run(bed.storage.put("soon", entry("x", bed.clock.wall() + 10 * bed.second)), bed.loop));
  REQUIRE(run(bed.storage.put("never", entry("y")), bed.loop));
  bed.advance(10 * bed.second - bed.second / 10);
  const auto found = run(bed.storage.get("soon"), bed.loop);
  REQUIRE(found);
  CHECK(found->expires.has_value());
  CHECK(run(bed.storage.list(""), bed.loop) == std::vector<std::string>{"never", "soon"});
  bed.advance(bed.second / 10);
  CHECK(run(bed.storage.get("soon"), bed.loop).error().kind == ErrorKind::not_found);
  CHECK(run(bed.storage.list(""), bed.loop) == std::vector<std::string>{"never"});
  REQUIRE(run(bed.storage.put("soon", entry("again")), bed.loop));
  CHECK(run(bed.storage.get("soon"), bed.loop)->value == "again");
  REQUIRE(run(bed.storage.remove("soon"), bed.loop));
  REQUIRE(run(bed.storage.remove("never"), bed.loop));
}

void check_list(const StorageBed& bed) {
  for (const char* key : {"b/2", "b/10", "b", "bb/1", "b/x/y", "c"})
    REQUIRE(run(bed.storage.put(key, entry("v")), bed.loop));
  CHECK(run(bed.storage.list("b"), bed.loop) == std::vector<std::string>{"b/10", "b/2", "b/x/y"});
  CHECK(run(bed.storage.list("b/"), bed.loop) == std::vector<std::string>{"b/10", "b/2", "b/x/y"});
  CHECK(run(bed.storage.list("b/x"), bed.loop) == std::vector<std::string>{"b/x/y"});
  CHECK(run(bed.storage.list("nothing"), bed.loop)->empty());
  CHECK(run(bed.storage.list(""), bed.loop)->size() == 6);
  for (const char* key : {"b/2", "b/10", "b", "bb/1", "b/x/y", "c"})
    REQUIRE(run(bed.storage.remove(key), bed.loop));
  CHECK(run(bed.storage.list(""), bed.loop)->empty());
}

void check_refusals(const StorageBed& bed) {
  const std::string longest(200, 'k');
  const std::vector<std::string> bad_keys = {
      "",         "/",           "/a",      "a/",     "a//b",
      ".",        "..",          "../a",    "a/../b", "a/./b",
      "a b",      "A",           "a+entry", "ä",      "a\n",
      "*.a.test", longest + "k", "a\\b",    "~",      std::string("a\0b", 3)};
  for (const std::string& key : bad_keys) {
    CAPTURE(key);
    CHECK(run(bed.storage.put(key, entry("v")), bed.loop).error().kind == ErrorKind::malformed);
    CHECK(run(bed.storage.get(key), bed.loop).error().kind == ErrorKind::malformed);
    CHECK(run(bed.storage.remove(key), bed.loop).error().kind == ErrorKind::malformed);
  }
  CHECK(run(bed.storage.list(".."), bed.loop).error().kind == ErrorKind::malformed);
  REQUIRE(run(bed.storage.put(longest, entry(std::string(bed.largest, 'v'))), bed.loop));
  CHECK(run(bed.storage.get(longest), bed.loop)->value.size() == bed.largest);
  const auto refused = run(bed.storage.put(longest, entry(std::string(bed.largest + 1, 'w'))), bed.loop);
  CHECK(refused.error().kind == ErrorKind::too_large);
  CHECK(refused.error().side == core::Side::storage);
  CHECK(run(bed.storage.get(longest), bed.loop)->value.front() == 'v');
  REQUIRE(run(bed.storage.remove(longest), bed.loop));
}

void check_locks(const StorageBed& bed) {
  REQUIRE(run(bed.storage.lock("renew", "one", 10 * bed.second), bed.loop));
  const auto second = run(bed.storage.lock("renew", "two", 10 * bed.second), bed.loop);
  CHECK(second.error().kind == ErrorKind::conflict);
  CHECK(second.error().text == "lock renew is held by one");
  bed.advance(9 * bed.second);
  REQUIRE(run(bed.storage.lock("renew", "one", 10 * bed.second), bed.loop));
  bed.advance(9 * bed.second);
  CHECK(run(bed.storage.lock("renew", "two", 10 * bed.second), bed.loop).error().kind == ErrorKind::conflict);
  bed.advance(bed.second);
  REQUIRE(run(bed.storage.lock("renew", "two", 10 * bed.second), bed.loop));
  CHECK(run(bed.storage.lock("renew", "one", 10 * bed.second), bed.loop).error().kind == ErrorKind::conflict);
  REQUIRE(run(bed.storage.unlock("renew", "one"), bed.loop));
  CHECK(run(bed.storage.lock("renew", "one", 10 * bed.second), bed.loop).error().kind == ErrorKind::conflict);
  REQUIRE(run(bed.storage.unlock("renew", "two"), bed.loop));
  REQUIRE(run(bed.storage.unlock("renew", "two"), bed.loop));
  REQUIRE(run(bed.storage.lock("renew", "one", 10 * bed.second), bed.loop));
  REQUIRE(run(bed.storage.lock("other", "two", 10 * bed.second), bed.loop));
  CHECK(run(bed.storage.lock("../x", "one", 10 * bed.second), bed.loop).error().kind == ErrorKind::malformed);
  CHECK(run(bed.storage.lock("x", "", 10 * bed.second), bed.loop).error().kind == ErrorKind::malformed);
  CHECK(run(bed.storage.lock("x", "one", 0s), bed.loop).error().kind == ErrorKind::malformed);
  CHECK(run(bed.storage.unlock("../x", "one"), bed.loop).error().kind == ErrorKind::malformed);
  CHECK(run(bed.storage.unlock("x", ""), bed.loop).error().kind == ErrorKind::malformed);
  REQUIRE(run(bed.storage.unlock("renew", "one"), bed.loop));
  REQUIRE(run(bed.storage.unlock("other", "two"), bed.loop));
}

}  // namespace

void check_storage_conformance(const StorageBed& bed) {
  check_put_and_get(bed);
  check_expiry(bed);
  check_list(bed);
  check_refusals(bed);
  check_locks(bed);
}

TEST_CASE("a lease that was written by a clock far ahead holds nobody off") {
  using core::lock_runs;
  const core::WallTime now = core::from_unix_seconds(1'800'000'000);
  CHECK(lock_runs(now + 20s, now, 20s));
  CHECK(lock_runs(now + 40s, now, 20s));
  CHECK_FALSE(lock_runs(now + 41s, now, 20s));
  CHECK_FALSE(lock_runs(now + 24h * 365, now, 20s));
  CHECK_FALSE(lock_runs(now, now, 20s));
  CHECK_FALSE(lock_runs(std::nullopt, now, 20s));
  core::ManualClock clock(now);
  const auto storage = core::make_memory_storage(clock);
  REQUIRE(run(storage->put("locks/renew", entry("one", now + 24h))));
  CHECK(run(storage->lock("renew", "two", 20s)));
}

TEST_CASE("storage in memory keeps every rule of the interface") {
  core::ManualClock clock(core::from_unix_seconds(1'800'000'000));
  const auto storage = core::make_memory_storage(clock);
  check_storage_conformance({*storage, clock, [&](core::Duration time) { clock.advance(time); }});
}

}  // namespace tests

#include <string>
#include <vector>

#include "tests/core/storage/storage_conformance.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using core::ErrorKind;
using core::Storage;
using namespace std::chrono_literals;

void check_put_and_get(Storage& storage) {
  CHECK(run(storage.get("a")).error().kind == ErrorKind::not_found);
  const std::string binary("\0\n\xff binary", 10);
  REQUIRE(run(storage.put("a", entry(binary))));
  CHECK(run(storage.get("a"))->value == binary);
  REQUIRE(run(storage.put("a", entry(""))));
  CHECK(run(storage.get("a"))->value.empty());
  REQUIRE(run(storage.put("a/b", entry("below a"))));
  CHECK(run(storage.get("a/b"))->value == "below a");
  CHECK(run(storage.get("a"))->value.empty());
  REQUIRE(run(storage.remove("a")));
  CHECK(run(storage.get("a")).error().kind == ErrorKind::not_found);
  CHECK(run(storage.get("a/b"))->value == "below a");
  REQUIRE(run(storage.remove("a")));
  REQUIRE(run(storage.remove("no/such/thing")));
  REQUIRE(run(storage.remove("a/b")));
}

void check_expiry(Storage& storage, core::ManualClock& clock) {
  REQUIRE(run(storage.put("soon", entry("x", clock.wall() + 10s))));
  REQUIRE(run(storage.put("never", entry("y"))));
  clock.advance(9999ms);
  const auto found = run(storage.get("soon"));
  REQUIRE(found);
  CHECK(found->expires.has_value());
  CHECK(run(storage.list("")) == std::vector<std::string>{"never", "soon"});
  clock.advance(1ms);
  CHECK(run(storage.get("soon")).error().kind == ErrorKind::not_found);
  CHECK(run(storage.list("")) == std::vector<std::string>{"never"});
  REQUIRE(run(storage.put("soon", entry("again"))));
  CHECK(run(storage.get("soon"))->value == "again");
  REQUIRE(run(storage.remove("soon")));
  REQUIRE(run(storage.remove("never")));
}

void check_list(Storage& storage) {
  for (const char* key : {"b/2", "b/10", "b", "bb/1", "b/x/y", "c"})
    REQUIRE(run(storage.put(key, entry("v"))));
  CHECK(run(storage.list("b")) == std::vector<std::string>{"b/10", "b/2", "b/x/y"});
  CHECK(run(storage.list("b/")) == std::vector<std::string>{"b/10", "b/2", "b/x/y"});
  CHECK(run(storage.list("b/x")) == std::vector<std::string>{"b/x/y"});
  CHECK(run(storage.list("nothing"))->empty());
  CHECK(run(storage.list(""))->size() == 6);
  for (const char* key : {"b/2", "b/10", "b", "bb/1", "b/x/y", "c"}) REQUIRE(run(storage.remove(key)));
  CHECK(run(storage.list(""))->empty());
}

void check_refusals(Storage& storage) {
  const std::string longest(200, 'k');
  const std::vector<std::string> bad_keys = {
      "",         "/",           "/a",      "a/",     "a//b",
      ".",        "..",          "../a",    "a/../b", "a/./b",
      "a b",      "A",           "a+entry", "ä",      "a\n",
      "*.a.test", longest + "k", "a\\b",    "~",      std::string("a\0b", 3)};
  for (const std::string& key : bad_keys) {
    CAPTURE(key);
    CHECK(run(storage.put(key, entry("v"))).error().kind == ErrorKind::malformed);
    CHECK(run(storage.get(key)).error().kind == ErrorKind::malformed);
    CHECK(run(storage.remove(key)).error().kind == ErrorKind::malformed);
  }
  CHECK(run(storage.list("..")).error().kind == ErrorKind::malformed);
  REQUIRE(run(storage.put(longest, entry(std::string(1024 * 1024, 'v')))));
  CHECK(run(storage.get(longest))->value.size() == 1024 * 1024);
  const auto refused = run(storage.put(longest, entry(std::string(1024 * 1024 + 1, 'w'))));
  CHECK(refused.error().kind == ErrorKind::too_large);
  CHECK(refused.error().side == core::Side::storage);
  CHECK(run(storage.get(longest))->value.front() == 'v');
  REQUIRE(run(storage.remove(longest)));
}

void check_locks(Storage& storage, core::ManualClock& clock) {
  REQUIRE(run(storage.lock("renew", "one", 10s)));
  const auto second = run(storage.lock("renew", "two", 10s));
  CHECK(second.error().kind == ErrorKind::conflict);
  CHECK(second.error().text == "lock renew is held by one");
  clock.advance(9s);
  REQUIRE(run(storage.lock("renew", "one", 10s)));
  clock.advance(9s);
  CHECK(run(storage.lock("renew", "two", 10s)).error().kind == ErrorKind::conflict);
  clock.advance(1s);
  REQUIRE(run(storage.lock("renew", "two", 10s)));
  CHECK(run(storage.lock("renew", "one", 10s)).error().kind == ErrorKind::conflict);
  REQUIRE(run(storage.remove("locks/renew")));
  REQUIRE(run(storage.lock("renew", "one", 10s)));
  REQUIRE(run(storage.lock("other", "two", 10s)));
  CHECK(run(storage.lock("../x", "one", 10s)).error().kind == ErrorKind::malformed);
  CHECK(run(storage.lock("x", "", 10s)).error().kind == ErrorKind::malformed);
  CHECK(run(storage.lock("x", "one", 0s)).error().kind == ErrorKind::malformed);
  REQUIRE(run(storage.remove("locks/renew")));
  REQUIRE(run(storage.remove("locks/other")));
}

}  // namespace

void check_storage_conformance(core::Storage& storage, core::ManualClock& clock) {
  check_put_and_get(storage);
  check_expiry(storage, clock);
  check_list(storage);
  check_refusals(storage);
  check_locks(storage, clock);
}

TEST_CASE("storage in memory keeps every rule of the interface") {
  core::ManualClock clock(core::from_unix_seconds(1'800'000'000));
  const auto storage = core::make_memory_storage(clock);
  check_storage_conformance(*storage, clock);
}

}  // namespace tests

// Replicas that count rates together: what they tell each other, and what becomes of them when storage is
// away.
#include "gateway/run/rate_sharing.h"

#include <map>
#include <string>

#include "gateway/model/rate_key.h"
#include "gateway/run/run_to_end.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace std::chrono_literals;
using gateway::RateTable;

constexpr gateway::Pace kTenASecond{100ms, 900ms, true};

core::KeyRing ring_of(const std::string& letters) {
  std::vector<core::Secret> keys;
  for (const char letter : letters) keys.emplace_back(std::string(core::kSealKeyBytes, letter));
  return *core::KeyRing::make(std::move(keys));
}

struct Shop {
  core::ManualClock clock{core::from_unix_seconds(1'000'000)};
  core::Loop loop{clock};
  test_support::KeptLog sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::info, clock};
  core::Random random;
  test_support::FailingStorage storage{clock};

  template <typename T>
  core::Result<T> run(core::Flow<T> flow) {
    return gateway::run_to_end(loop, std::move(flow));
  }
  void pass(core::Duration time) {
    clock.advance(time);
    for (int i = 0; i < 60; ++i) loop.turn(false);
  }
};

struct Replica {
  Replica(Shop& in, const std::string& keys)
      : shop(in), sharing({shop.loop, shop.storage, shop.random, shop.log, table, 1s}) {
    sharing.start(ring_of(keys));
  }
  int passing(int tries, std::uint64_t key = 5) {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += table.take(key, kTenASecond, shop.loop.now()) == 0us ? 1 : 0;
    return count;
  }
  Shop& shop;
  RateTable table{RateTable::Sharing::on};
  gateway::RateSharing sharing;
};

void find_each_other(Shop& shop) {
  for (int i = 0; i < 6; ++i) shop.pass(1s);
}

}  // namespace

TEST_CASE("three replicas let one burst through, but for the round in which it came") {
  Shop shop;
  Replica a(shop, "k");
  Replica b(shop, "k");
  Replica c(shop, "k");
  find_each_other(shop);
  CHECK(a.sharing.counts().others == 2);
  CHECK(a.passing(99) == 10);
  CHECK(b.passing(5) == 5);
  shop.pass(1s);
  shop.pass(1ms);
  // 15 in all, of which ten were paid back in the second since.
  CHECK(c.passing(99) <= 5);
  CHECK(a.passing(1, 6) == 1);
}

TEST_CASE("what one tells opens at no other's place in storage") {
  Shop shop;
  Replica a(shop, "k");
  Replica b(shop, "k");
  find_each_other(shop);
  CHECK(a.passing(10) == 10);
  shop.pass(1s);
  shop.pass(1ms);
  const std::vector<std::string> keys = *shop.run(shop.storage.list("rates"));
  REQUIRE(keys.size() == 2);
  const core::StorageEntry first = *shop.run(shop.storage.get(keys[0]));
  const core::StorageEntry second = *shop.run(shop.storage.get(keys[1]));
  CHECK(shop.run(shop.storage.put(keys[0], second)));
  CHECK(shop.run(shop.storage.put(keys[1], first)));
  const auto heard = [&] { return a.sharing.counts().heard.value() + b.sharing.counts().heard.value(); };
  CHECK(heard() == 1);
  shop.pass(1s);
  shop.pass(1ms);
  CHECK(heard() == 1);
}

TEST_CASE("replicas with other session keys do not charge each other") {
  Shop shop;
  Replica a(shop, "k");
  Replica b(shop, "z");
  find_each_other(shop);
  CHECK(a.passing(99) == 10);
  shop.pass(1s);
  CHECK(b.passing(99) == 10);
  CHECK(b.sharing.counts().heard.value() == 0);
}

TEST_CASE(
    "while replicas have other lists of keys they count alone, and together again when all have the same") {
  // Of some letters: one that changes the key of rates.
  std::string more = "ka";
  while (gateway::rate_key(ring_of(more)).id == gateway::rate_key(ring_of("k")).id) ++more.back();
  Shop shop;
  Replica a(shop, "k");
  Replica b(shop, "k");
  find_each_other(shop);
  a.sharing.use(ring_of(more));
  CHECK(a.passing(99) == 10);
  CHECK(b.passing(1) == 1);
  shop.pass(1s);
  shop.pass(1s);
  CHECK(a.sharing.counts().heard.value() + b.sharing.counts().heard.value() == 0);
  b.sharing.use(ring_of({more.back(), 'k'}));
  CHECK(a.passing(99) > 0);
  for (int i = 0; i < 3; ++i) shop.pass(1s);
  CHECK(b.sharing.counts().heard.value() > 0);
}

TEST_CASE("what is read again is not charged again") {
  Shop shop;
  Replica a(shop, "k");
  Replica b(shop, "k");
  find_each_other(shop);
  CHECK(a.passing(3) == 3);
  for (int i = 0; i < 5; ++i) shop.pass(1s);
  CHECK(b.sharing.counts().heard.value() == 1);
  CHECK(b.passing(99) == 10);
}

TEST_CASE("a storage that is away is said once, and made up for when it is back") {
  Shop shop;
  Replica a(shop, "k");
  Replica b(shop, "k");
  find_each_other(shop);
  shop.storage.is_down = true;
  shop.storage.is_full = true;
  CHECK(a.passing(99) == 10);
  for (int i = 0; i < 3; ++i) shop.pass(1s);
  CHECK(a.sharing.counts().others == 0);
  CHECK(a.passing(99) == 10);
  CHECK(b.passing(3) == 3);
  std::size_t said = 0;
  for (std::size_t at = shop.sink.text.find("by this replica alone"); at != std::string::npos;
       at = shop.sink.text.find("by this replica alone", at + 1))
    ++said;
  CHECK(said == 2);  // each once
  shop.storage.is_down = false;
  shop.storage.is_full = false;
  shop.pass(1s);
  shop.pass(1s);
  CHECK(shop.sink.text.find("by all replicas together again") != std::string::npos);
  CHECK(b.sharing.counts().heard.value() >= 1);
  CHECK(b.passing(99) == 0);
}

TEST_CASE("one that has gone is taken off, and what it let through long ago is charged to nobody new") {
  Shop shop;
  Replica a(shop, "k");
  {
    Replica b(shop, "k");
    find_each_other(shop);
    CHECK(a.sharing.counts().others == 1);
    CHECK(a.passing(10) == 10);
  }
  for (int i = 0; i < 70; ++i) shop.pass(1s);
  CHECK(a.sharing.counts().others == 0);
  Replica c(shop, "k");
  find_each_other(shop);
  CHECK(c.sharing.counts().others == 1);
  CHECK(c.sharing.counts().heard.value() == 0);
}

TEST_CASE("an entry that is taken away and comes back is not charged again") {
  Shop shop;
  Replica a(shop, "k");
  Replica b(shop, "k");
  find_each_other(shop);
  CHECK(a.passing(3) == 3);
  shop.pass(1s);
  shop.pass(1s);
  CHECK(b.sharing.counts().heard.value() == 1);
  std::map<std::string, core::StorageEntry> entries;
  const std::vector<std::string> keys = *shop.run(shop.storage.list("rates"));
  for (const std::string& key : keys) {
    entries[key] = *shop.run(shop.storage.get(key));
    CHECK(shop.run(shop.storage.remove(key)));
  }
  for (int i = 0; i < 6; ++i) shop.pass(1s);
  CHECK(b.sharing.counts().others == 0);
  for (const auto& [key, entry] : entries) CHECK(shop.run(shop.storage.put(key, entry)));
  find_each_other(shop);
  CHECK(b.sharing.counts().heard.value() == 1);
}

TEST_CASE("a storage of one process is shared with nobody") {
  CHECK_FALSE(gateway::rate_sharing_interval(config::StorageKind::directory));
  CHECK(gateway::rate_sharing_interval(config::StorageKind::redis) == 1s);
  CHECK(gateway::rate_sharing_interval(config::StorageKind::kubernetes) == 5s);
}

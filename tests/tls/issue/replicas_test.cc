// What replicas learn from each other through storage, and that nothing there that one of them cannot read
// keeps it from the rest.
#include <algorithm>
#include <string>

#include "tests/tls/issue/support/revoking_house.h"

#include "tests/support/doctest.h"

using namespace test_support;
using core::Json;
using namespace std::chrono_literals;

namespace {

std::string folder_of(const std::string& name) {
  return "certificates/" + tls::set_id({name}) + "/";
}

}  // namespace

TEST_CASE("every replica answers challenges with a key that another one had to replace") {
  RevokingHouse house;
  house.config.storage.kind = config::StorageKind::redis;
  auto one = house.start("one");
  auto two = house.start("two");
  house.pass(30s);
  tls::AcmeClient client(house.loop, house.authority, {house.authority.directory_url(), {}});
  tls::AccountBook third(*house.storage, house.log, {});
  const auto ended = house.run(third.key());
  REQUIRE(ended);
  REQUIRE(house.run(third.replace_key(&client, *ended)));
  house.pass(tls::kKeeperTick + 1s);
  CHECK(one->shelf.challenges().latest()->thumbprint == third.thumbprint());
  CHECK(two->shelf.challenges().latest()->thumbprint == third.thumbprint());
  CHECK(house.told(one->keeper.renew("app.test")).starts_with("renewed"));
}

TEST_CASE("an entry that cannot be opened keeps neither a start nor other names from what is stored") {
  RevokingHouse house;
  house.add_host("other.test");
  house.add_host("third.test");
  auto before = house.start("before");
  house.pass(1min);
  REQUIRE(before->shown("third.test") != nullptr);
  before.reset();
  house.watched.unopened = {folder_of("app.test") + "certificate", folder_of("other.test") + "advice",
                            "certificates.changed"};
  auto one = house.start("one");
  CHECK(one->shown("app.test") == nullptr);
  CHECK(one->shown("other.test") != nullptr);
  CHECK(one->shown("third.test") != nullptr);
  CHECK(house.lines.mention("cannot be read; it is left as it is"));
  house.pass(1min);
  // What it cannot read it does not replace either.
  CHECK(house.authority.issued == 3);
  // Another replica's renewal arrives, past the entry that cannot be opened.
  house.watched.unopened = {folder_of("app.test") + "certificate"};
  house.pass(10s);
  const auto old = one->shown("third.test");
  auto two = house.start("two");
  CHECK(house.told(two->keeper.renew("third.test")).starts_with("renewed"));
  house.pass(10s);
  CHECK(one->shown("third.test")->fingerprint() != old->fingerprint());
}

TEST_CASE("storage that fails stops a start") {
  House house;
  class Away final : public core::Storage {
   public:
    static core::Error away() { return {core::ErrorKind::unavailable, core::Side::storage, "away"}; }
    core::Flow<> put(std::string, core::StorageEntry) override { co_return core::failure(away()); }
    core::Flow<core::StorageEntry> get(std::string) override { co_return core::failure(away()); }
    core::Flow<std::vector<std::string>> list(std::string) override { co_return core::failure(away()); }
    core::Flow<> remove(std::string) override { co_return core::failure(away()); }
    core::Flow<> lock(std::string, std::string, core::Duration) override { co_return core::failure(away()); }
    core::Flow<> unlock(std::string, std::string) override { co_return core::failure(away()); }
  };
  Away away;
  tls::CertificateShelf shelf;
  tls::Keeper keeper({house.loop, house.random, house.log, away, house.config, shelf, house.authorities,
                      house.nobody, "one", House::Process::challenges(house), nullptr});
  CHECK_FALSE(house.run(keeper.load()));
}

TEST_CASE("with an authority to fall back on, orders run beside each other all the same") {
  House house;
  FakeAuthority second(house.clock, "second.test");
  house.authorities.all["second.test"] = &second;
  house.add_authority("https://second.test/dir");
  for (int i = 0; i < 7; ++i) house.add_host("n" + std::to_string(i) + ".test");
  house.authority.processing_polls = 20;
  auto process = house.start();
  std::size_t most = 0;
  for (int i = 0; i < 300; ++i) {
    house.pass(1s);
    std::size_t under_way = 0;
    for (const auto& [id, order] : house.authority.orders) under_way += order.status == "processing" ? 1 : 0;
    most = std::max(most, under_way);
  }
  CHECK(most == tls::kParallelOrders);
  CHECK(house.authority.issued == 8);
  CHECK(second.requests.empty());
}

TEST_CASE("a process does not read again what it stored itself, but what another replica stored") {
  RevokingHouse house;
  auto one = house.start("one");
  house.pass(30s);
  CHECK(house.told(one->keeper.renew("app.test")).starts_with("renewed"));
  house.watched.reads = 0;
  house.pass(tls::kKeeperTick * 4);
  // The key and what changed, each time.
  CHECK(house.watched.reads <= 10);
  auto two = house.start("two");
  CHECK(house.told(two->keeper.renew("app.test")).starts_with("renewed"));
  house.pass(tls::kKeeperTick * 2);
  CHECK(one->shown("app.test")->fingerprint() == two->shown("app.test")->fingerprint());
}

TEST_CASE("a revocation is known to every replica, whatever it stores of the same names") {
  RevokingHouse house;
  auto one = house.start("one");
  auto two = house.start("two");
  house.pass(30s);
  const auto first = two->shown("app.test");
  house.authority.validates = false;
  CHECK(house.told(one->keeper.revoke("app.test", {})) == "revoked: app.test, unspecified");
  one.reset();
  // Advice is asked for again by the other in this time.
  house.pass(25h, 1min);
  house.authority.validates = true;
  house.pass(48h, 10min);
  CHECK(two->shown("app.test")->fingerprint() != first->fingerprint());
  CHECK(house.authority.issued == 2);
}

TEST_CASE("a revocation that the authority refuses costs no order, one whose answer is lost does") {
  for (const bool is_refused : {true, false}) {
    RevokingHouse house;
    auto process = house.start();
    house.pass(20s);
    house.authority.edit = [&](const std::string& what, core::FetchResponse& answer) {
      if (what == "revoke-cert") answer = problem(is_refused ? 403 : 503, "unauthorized", "no");
    };
    house.authority.instead = nullptr;
    CHECK(house.told(process->keeper.revoke("app.test", {})).contains("unauthorized"));
    process.reset();
    process = house.start();
    house.pass(1min);
    CHECK(house.authority.issued == (is_refused ? 1 : 2));
  }
}

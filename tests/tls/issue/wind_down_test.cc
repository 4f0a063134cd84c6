// What a keeper leaves behind: a process that ends, an order that is cut, one that nobody goes on with.
#include "tests/tls/issue/support/house.h"
#include "tls/issue/store.h"

#include "tests/support/doctest.h"

using namespace test_support;
using namespace std::chrono_literals;

namespace {

/// A house whose names are proved in a zone first.
struct ZoneHouse : House {
  ZoneHouse() {
    zone.emplace();
    config.tls.acme->challenge = config::AcmeChallengeKind::dns_01;
  }
  /// As a process leaves it that died over an order for `name` with the authority of `directory`.
  void leave_order(const std::string& name, const std::string& directory) {
    const std::string key_authorization = "abcdefghijklmnopqrstuvwx.thumbprint";
    tls::CertificateStore store(*storage, random, log);
    tls::OrderRecord record;
    record.url = "https://ca.test/order/77";
    record.key = core::PrivateKey::generate(core::KeyKind::p256).to_pem();
    record.presented.push_back({"dns-01", {name, false, "", key_authorization, "", {}}});
    const auto journal = store.journal(tls::set_id({name}), tls::authority_id(*core::parse_url(directory)));
    REQUIRE(run(journal->save(record)));
    zone->standing.insert(name + " " + key_authorization);
  }
  [[nodiscard]] bool has_order(const std::string& name) {
    const auto keys = run(storage->list("certificates/" + tls::set_id({name})));
    return std::ranges::any_of(*keys, [](const auto& key) { return key.contains("/order."); });
  }
};

}  // namespace

TEST_CASE("a process that is told to end begins no order, and says so to who asks for one") {
  House house;
  house.watched.held = "acme." + tls::set_id({"app.test"});  // not at once
  auto process = house.start();
  process->keeper.wind_down(tls::WindDown::begin_nothing);
  house.watched.held.clear();
  house.pass(1min);
  CHECK(house.authority.count("POST new-order") == 0);
  const auto asked = process->keeper.renew("app.test");
  REQUIRE_FALSE(asked);
  CHECK(asked.error().text.find("about to end") != std::string::npos);
}

TEST_CASE(
    "an order whose process closes its listeners is put off, which is no failure, and its next goes on") {
  House house;
  house.authorities.slow = "authz";
  auto process = house.start();
  house.pass(500ms, 100ms);
  process->keeper.wind_down(tls::WindDown::prove_nothing);
  house.pass(1min);
  CHECK(house.authority.count("POST new-order") == 1);
  CHECK(house.authority.count("POST challenge") == 0);
  CHECK_FALSE(house.lines.mention("could not be obtained"));
  process.reset();
  house.authorities.slow.clear();
  process = house.start();
  house.pass(30s);
  CHECK(process->shown("app.test") != nullptr);
  CHECK(house.authority.count("POST new-order") == 1);
}

TEST_CASE("an order that is cut takes back what it presents") {
  ZoneHouse house;
  house.zone->propagation = 24h;
  auto process = house.start();
  house.pass(1min);
  CHECK(house.zone->standing.size() == 1);
  house.pass(tls::kLongestOrder, 5s);
  CHECK(house.lines.mention("could not be obtained"));
  CHECK(house.zone->standing.empty());
}

TEST_CASE("an order that another authority made needless takes back what it presented") {
  ZoneHouse house;
  house.add_authority("https://other.test/dir");
  house.leave_order("app.test", "https://other.test/dir");
  auto process = house.start();
  house.pass(30s);
  REQUIRE(process->shown("app.test") != nullptr);
  CHECK(house.zone->standing.empty());
  CHECK_FALSE(house.has_order("app.test"));
}

TEST_CASE("what was presented for a name that left the configuration is taken back") {
  for (const char* directory : {"https://ca.test/dir", "https://gone.test/dir"}) {
    CAPTURE(directory);
    ZoneHouse house;
    house.leave_order("left.test", directory);
    auto process = house.start();
    house.pass(30s);
    CHECK(house.zone->standing.empty());
  }
}

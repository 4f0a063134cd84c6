// CAA records before an order: what forbids it is said with the record to add, and `require` orders nothing.
#include "tests/tls/acme/support/dns_world.h"
#include "tests/tls/issue/support/house.h"

#include "tests/support/doctest.h"

using namespace test_support;
using core::Json;
using namespace std::chrono_literals;

namespace {

struct Village : House {
  explicit Village(config::SelfTest test) {
    config.tls.acme->self_test = test;
    config.tls.acme->challenge = config::AcmeChallengeKind::dns_01;  // names need not lead here
    Json meta = Json::object();
    Json names = Json::array();
    names.push(Json("ca.test"));
    meta.set("caaIdentities", std::move(names));
    authority.directory_more.set("meta", std::move(meta));
    dns = &lookup;
  }
  World world{loop};
  tls::DnsLookup lookup{{loop, world, world, random, {{*core::IpAddress::parse("10.0.0.1"), 53, {}}}, {}}};
};

/// A way that proves everything at once.
class Magic final : public tls::Challenge {
 public:
  [[nodiscard]] std::string_view type() const override { return "dns-01"; }
  [[nodiscard]] bool can_prove(std::string_view, bool) const override { return true; }
  core::Flow<> present(tls::Proof) override { co_return core::done(); }
  core::Flow<> wait_until_visible(tls::Proof) override { co_return core::done(); }
  core::Flow<> withdraw(tls::Proof) override { co_return core::done(); }
};

struct Keeping {
  explicit Keeping(Village& village)
      : keeper({village.loop, village.random, village.log, village.watched, village.config, shelf,
                village.authorities, village.nobody, "one", ways(), village.dns}) {
    REQUIRE(village.run(keeper.load()));
    keeper.start();
  }
  static std::vector<std::unique_ptr<tls::Challenge>> ways() {
    std::vector<std::unique_ptr<tls::Challenge>> list;
    list.push_back(std::make_unique<Magic>());
    return list;
  }
  tls::CertificateShelf shelf;
  tls::Keeper keeper;
};

}  // namespace

TEST_CASE("CAA records that forbid the authority are reported with the record to add, then it is tried") {
  Village village(config::SelfTest::warn);
  village.world.add("app.test", DnsType::caa, World::caa("issue", "elsewhere.test"));
  const Keeping keeping(village);
  village.pass(45s);
  CHECK(village.authority.count("POST new-order") == 0);
  CHECK(village.lines.mention("forbid its certificate; looking again for a minute"));
  village.pass(30s);
  CHECK(village.authority.count("POST new-order") == 1);
  CHECK(village.lines.mention("CAA records forbid its certificate; it is ordered all the same"));
  CHECK(village.lines.mention("add: app.test. CAA 0 issue"));
}

TEST_CASE("where the self-test is required nothing is ordered until CAA records allow it") {
  Village village(config::SelfTest::require);
  village.world.add("test", DnsType::caa, World::caa("issue", "ca.test; validationmethods=http-01"));
  const Keeping keeping(village);
  village.pass(10min);
  CHECK(village.authority.count("POST new-order") == 0);
  CHECK(village.lines.mention("does not allow dns-01"));
  village.world.add("test", DnsType::caa, World::caa("issue", "ca.test; validationmethods=http-01,dns-01"));
  village.pass(3min);
  CHECK(village.authority.issued == 1);
}

TEST_CASE("CAA records that allow it, none, those of an address, and what cannot be looked up stop nothing") {
  for (const int what : {0, 1, 2, 3}) {
    CAPTURE(what);
    Village village(config::SelfTest::require);
    if (what == 0) village.world.add("app.test", DnsType::caa, World::caa("issue", "ca.test"));
    if (what == 2) village.config.routes.front().host = "10.0.0.1";
    if (what == 2) village.world.add("10.0.0.1", DnsType::caa, World::caa("issue", ";"));
    if (what == 3) village.world.is_failing = true;
    const Keeping keeping(village);
    village.pass(1min);
    CHECK(village.authority.count("POST new-order") == 1);
    CHECK(village.lines.mention("cannot be looked up") == (what == 3));
  }
}

TEST_CASE("a wildcard is judged by issuewild, and without a self-test nobody is asked") {
  Village village(config::SelfTest::require);
  village.config.routes.front().host = "*.app.test";
  village.world.add("app.test", DnsType::caa, World::caa("issuewild", ";"));
  const Keeping keeping(village);
  village.pass(3min);
  CHECK(village.authority.count("POST new-order") == 0);
  CHECK(village.lines.mention("CAA 0 issuewild"));
  Village quiet(config::SelfTest::off);
  const Keeping other(quiet);
  quiet.pass(30s);
  CHECK(quiet.authority.issued == 1);
  CHECK(quiet.world.asked == 0);
}

TEST_CASE("where the self-test is required a forbidden name does not hold the others of its certificate up") {
  Village village(config::SelfTest::require);
  village.add_host("other.test");
  village.config.tls.acme->names_per_certificate = 2;
  village.world.add("app.test", DnsType::caa, World::caa("issue", ";"));
  Keeping keeping(village);
  village.pass(3min);
  CHECK(village.authority.issued == 1);
  CHECK(keeping.shelf.certificates().latest()->find("other.test") != nullptr);
  CHECK(keeping.shelf.certificates().latest()->find("app.test") == nullptr);
  village.world.remove("app.test", DnsType::caa);
  village.pass(6min);
  CHECK(keeping.shelf.certificates().latest()->find("app.test") != nullptr);
  CHECK(keeping.shelf.certificates().latest()->find("app.test") ==
        keeping.shelf.certificates().latest()->find("other.test"));
}

// A standing record (dns-persist-01): what it must say, and that it is found behind an alias.
#include "tls/acme/dns_persist01.h"

#include "tests/tls/acme/support/acme_fixture.h"
#include "tests/tls/acme/support/dns_world.h"

#include "tests/support/doctest.h"

namespace {

using core::DnsType;
using test_support::World;

struct Bed : test_support::AcmeFixture {
  Bed() {
    world.add("app.test", DnsType::soa,
              core::dns_name("ns.app.test").value() + core::dns_name("x").value() + std::string(20, '\0'));
    world.add("app.test", DnsType::ns, core::dns_name("ns.app.test").value());
    world.add(
        "records.test", DnsType::soa,
        core::dns_name("ns.records.test").value() + core::dns_name("x").value() + std::string(20, '\0'));
    world.add("records.test", DnsType::ns, core::dns_name("ns.records.test").value());
  }
  core::Result<core::Done> look() {
    tls::DnsPersist01 way({loop, world, world, random, {{*core::IpAddress::parse("10.0.0.1"), 53, {}}}, {}});
    tls::Proof proof;
    proof.identifier = "app.test";
    proof.account_url = "https://ca.test/account/1";
    proof.issuer_domains = {"ca.test"};
    return run(way.wait_until_visible(proof));
  }
  World world{loop};
};

constexpr const char* kRecord = "ca.test; accounturi=https://ca.test/account/1";

}  // namespace

TEST_CASE("a standing record proves where it stands, and behind an alias") {
  Bed plain;
  plain.world.add("_validation-persist.app.test", DnsType::txt, World::text(kRecord));
  CHECK(plain.look());
  Bed aliased;
  aliased.world.add("_validation-persist.app.test", DnsType::cname,
                    core::dns_name("app.records.test").value());
  aliased.world.add("app.records.test", DnsType::txt, World::text(kRecord));
  const auto looked = aliased.look();
  CHECK_MESSAGE(looked, looked.error().text);
}

TEST_CASE("without the record the error says what to create") {
  Bed bed;
  bed.world.add("_validation-persist.app.test", DnsType::txt,
                World::text("other.test; accounturi=https://ca.test/account/1"));
  const auto looked = bed.look();
  REQUIRE_FALSE(looked);
  CHECK(
      looked.error().text.contains("create the record _validation-persist.app.test. TXT \"ca.test; "
                                   "accounturi=https://ca.test/account/1\""));
}

TEST_CASE("records that do not prove it are named with what each lacks") {
  Bed bed;
  bed.world.add("_validation-persist.app.test", DnsType::txt,
                World::text("ca.test; accounturi=https://ca.test/account/2"));
  const auto looked = bed.look();
  REQUIRE_FALSE(looked);
  CHECK(looked.error().text.contains("account/2\" does not name our account"));
}

TEST_CASE("CAA records are those of the name, or of the nearest one above it, behind aliases too") {
  Bed bed;
  bed.world.add("test", DnsType::caa, World::caa("issue", "top.test"));
  tls::DnsLookup lookup(
      {bed.loop, bed.world, bed.world, bed.random, {{*core::IpAddress::parse("10.0.0.1"), 53, {}}}, {}});
  const auto found = [&](const char* name) {
    const auto caa = bed.run(lookup.caa_of(name));
    REQUIRE(caa);
    return caa->records.empty() ? "none" : caa->name + " " + caa->records.front().value;
  };
  CHECK(found("deep.www.app.test") == "test top.test");
  bed.world.add("app.test", DnsType::caa, World::caa("issue", "zone.test"));
  CHECK(found("deep.www.app.test") == "app.test zone.test");
  // What an alias leads to counts for the alias alone; names above are those of the name that was asked
  // about.
  bed.world.add("www.app.test", DnsType::cname, core::dns_name("web.elsewhere.example").value());
  CHECK(found("www.app.test") == "app.test zone.test");
  bed.world.add("elsewhere.example", DnsType::caa, World::caa("issue", "parent.test"));
  CHECK(found("www.app.test") == "app.test zone.test");
  bed.world.add("web.elsewhere.example", DnsType::caa, World::caa("issue", "alias.test"));
  CHECK(found("www.app.test") == "www.app.test alias.test");
  CHECK(found("deep.www.app.test") == "www.app.test alias.test");
  bed.world.add("one.loop.example", DnsType::cname, core::dns_name("two.loop.example").value());
  bed.world.add("two.loop.example", DnsType::cname, core::dns_name("one.loop.example").value());
  CHECK(found("one.loop.example") == "none");
}

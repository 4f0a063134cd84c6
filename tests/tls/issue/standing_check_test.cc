// What is said of standing records before a start: found, missing, other, not to be looked up, not known yet.
#include "tls/issue/standing_check.h"

#include "tests/tls/acme/support/acme_fixture.h"

#include "tests/support/doctest.h"

using namespace std::chrono_literals;
using core::Json;

namespace {

constexpr const char* kAccount = "https://ca.test/account/1";

tls::StandingAuthority known() {
  return {{"ca.test", "other-name.test"}, kAccount, {}};
}

core::WallTime now() {
  return core::from_unix_seconds(1'800'000'000);
}

}  // namespace

TEST_CASE("a wildcard and its base have one record, and an address has none") {
  const auto names = tls::standing_names({"*.a.test", "a.test", "b.test", "10.0.0.1", "::1"});
  REQUIRE(names.size() == 2);
  CHECK(names[0].base == "a.test");
  CHECK(names[0].is_wildcard);
  CHECK(names[1].base == "b.test");
  CHECK_FALSE(names[1].is_wildcard);
}

TEST_CASE("a standing record is found, missing, another, or cannot be looked up, and each is said") {
  const std::string good = std::string("ca.test; accounturi=") + kAccount;
  struct Row {
    tls::PersistSeen seen;
    bool is_wildcard;
    bool is_proved;
    const char* says;
  };
  const Row rows[] = {
      {{{good}, {}}, false, true, "is there"},
      {{{"v=spf1", good}, {}}, false, true, "is there"},
      {{{"OTHER-name.test;accounturi=" + std::string(kAccount)}, {}}, false, true, "is there"},
      {{{good}, {"10.0.0.1 does not answer"}}, false, true, "is there"},
      {{{good + "; policy=wildcard"}, {}}, true, true, "is there"},
      {{{}, {}}, false, false, "create the record _validation-persist.a.test. TXT \"ca.test; accounturi="},
      {{{}, {}}, false, false, "it is not there"},
      {{{}, {"10.0.0.1 does not answer"}}, false, false, "cannot be looked up: 10.0.0.1 does not answer"},
      {{{good}, {}}, true, false, "lacks policy=wildcard"},
      {{{good + "; persistUntil=1799999999"}, {}}, false, false, "persistUntil is over"},
      {{{good + "; persistUntil=1800000001"}, {}}, false, true, "is there"},
      {{{"ca.test; accounturi=https://ca.test/account/2"}, {}}, false, false, "does not name our account"},
      {{{"ca.test"}, {}}, false, false, "does not name our account"},
      {{{"ca.test.evil.test; accounturi=" + std::string(kAccount)}, {}},
       false,
       false,
       "names another authority"},
      {{{"v=spf1"}, {}}, false, false, "\"v=spf1\" names another authority"},
  };
  for (const Row& row : rows) {
    const auto note = tls::standing_note({"a.test", row.is_wildcard}, known(), row.seen, now());
    CAPTURE(note.text);
    CAPTURE(row.says);
    CHECK(note.is_proved == row.is_proved);
    CHECK(note.text.contains(row.says));
  }
  const auto failed = tls::standing_note(
      {"a.test", false}, known(),
      core::failure(core::ErrorKind::not_found, core::Side::origin, "no zone is found for a.test"), now());
  CHECK_FALSE(failed.is_proved);
  CHECK(failed.text.ends_with("it cannot be looked up: no zone is found for a.test"));
}

TEST_CASE("before the first start the record is shown with what is not known yet, and no account is made") {
  test_support::AcmeFixture bed;
  Json meta = Json::object();
  Json names = Json::array();
  names.push(Json("ca.test"));
  meta.set("caaIdentities", std::move(names));
  bed.authority.directory_more.set("meta", std::move(meta));
  tls::AcmeClient client(bed.loop, bed.authority, {bed.authority.directory_url(), {}});
  tls::AccountBook accounts(*bed.storage, bed.log, {});
  const auto early = bed.run(tls::standing_authority(&client, &accounts, 10s));
  REQUIRE(early);
  CHECK(early->issuer_domains == std::vector<std::string>{"ca.test"});
  const auto note = tls::standing_note({"a.test", true}, *early, tls::PersistSeen{}, now());
  CHECK(note.text.contains("TXT \"ca.test; accounturi=ACCOUNT; policy=wildcard\""));
  CHECK(note.text.contains("once the gateway has run"));
  CHECK(bed.authority.accounts.empty());
  CHECK(bed.run(bed.storage->list(""))->empty());

  REQUIRE(bed.run(accounts.ensure(&client)));
  tls::AccountBook others(*bed.storage, bed.log, {});
  const auto late = bed.run(tls::standing_authority(&client, &others, 10s));
  REQUIRE(late);
  CHECK(late->account_url == bed.authority.accounts.begin()->second);
  CHECK(late->unknown.empty());
}

TEST_CASE("an authority that cannot be asked for its name is said to, and the record is shown all the same") {
  test_support::AcmeFixture bed;
  bed.authority.break_at = 0;
  tls::AcmeClient client(bed.loop, bed.authority, {bed.authority.directory_url(), {}});
  tls::AccountBook accounts(*bed.storage, bed.log, {});
  const auto authority = bed.run(tls::standing_authority(&client, &accounts, 10s));
  REQUIRE(authority);
  const auto note = tls::standing_note({"a.test", false}, *authority, tls::PersistSeen{}, now());
  CHECK(note.text.contains("TXT \"ISSUER; accounturi=ACCOUNT\""));
  CHECK(note.text.contains("the connection broke"));
}

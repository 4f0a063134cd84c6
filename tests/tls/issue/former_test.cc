// Certificates of sets of names that are ordered no more: revoked on an operator's word, forgotten in the
// end.
#include <algorithm>

#include "tests/tls/issue/support/revoking_house.h"
#include "tls/issue/keeper.h"

#include "tests/support/doctest.h"

using namespace test_support;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> stored(House& house) {
  return *house.run(house.storage->list("certificates"));
}

bool has(const std::vector<std::string>& keys, std::string_view text) {
  return std::ranges::any_of(keys, [&](const std::string& key) { return key.contains(text); });
}

/// app.test and old.test have certificates, and old.test is ordered no more.
template <typename Kind>
std::unique_ptr<House::Process> without_old(Kind& house) {
  house.add_host("old.test");
  auto process = house.start();
  house.pass(30s);
  REQUIRE(process->shown("old.test") != nullptr);
  process.reset();
  house.config.routes.pop_back();
  process = house.start();
  house.pass(20s);
  return process;
}

}  // namespace

TEST_CASE("what is stored of a former set is removed a month after its certificate's end, and not before") {
  House house;
  house.authority.lifetime = 2160h;
  auto process = without_old(house);
  const std::string old = tls::set_id({"old.test"});
  for (int day = 0; day < 119; ++day) house.pass(24h, 2h);
  CHECK(has(stored(house), old));
  for (int day = 0; day < 4; ++day) house.pass(24h, 2h);
  CHECK_FALSE(has(stored(house), old));
  CHECK(has(stored(house), tls::set_id({"app.test"})));
  CHECK(house.lines.mention("what was stored of a former certificate is removed"));
  const auto locks = house.run(house.storage->list("locks"));
  CHECK(locks->empty());
}

TEST_CASE("a set that another replica works on is not removed under its hands") {
  House house;
  house.authority.lifetime = 160h;
  auto process = without_old(house);
  const std::string old = tls::set_id({"old.test"});
  house.watched.held = "acme." + old;
  for (int day = 0; day < 40; ++day) house.pass(24h, 2h);
  CHECK(has(stored(house), old));
  house.watched.held.clear();
  for (int day = 0; day < 8; ++day) house.pass(24h, 2h);
  CHECK_FALSE(has(stored(house), old));
}

TEST_CASE("a set that never got a certificate is forgotten with its attempts") {
  House house;
  house.authority.instead = [](const std::string& what,
                               const core::Json& payload) -> std::optional<core::FetchResponse> {
    if (what != "new-order") return std::nullopt;
    if (payload.find("identifiers")->elements()[0].string_at("value") != "old.test") return std::nullopt;
    return problem(403, "rejectedIdentifier");
  };
  house.add_host("old.test");
  auto process = house.start();
  house.pass(30s);
  const std::string old = tls::set_id({"old.test"});
  CHECK(has(stored(house), old + "/attempts"));
  process.reset();
  house.config.routes.pop_back();
  process = house.start();
  for (int day = 0; day < 25; ++day) house.pass(24h, 2h);
  CHECK(has(stored(house), old));
  for (int day = 0; day < 8; ++day) house.pass(24h, 2h);
  CHECK_FALSE(has(stored(house), old));
}

TEST_CASE("a certificate that is ordered no more is revoked by its name, and by no process served again") {
  RevokingHouse house;
  auto process = without_old(house);
  tls::RevocationWish wish;
  wish.reason = tls::RevocationReason::key_compromise;
  CHECK(house.told(process->keeper.revoke("old.test", wish)) == "revoked: old.test, keyCompromise");
  REQUIRE(house.revoked.size() == 1);
  CHECK(house.authority.violations.empty());
  CHECK(house.told(process->keeper.renew("old.test")).contains("no certificate with this name"));
  CHECK(process->shown("old.test") == nullptr);
  CHECK(process->shown("app.test") != nullptr);
  // Wanted again, but in another set: what is revoked does not help out.
  process.reset();
  house.add_host("old.test");
  house.add_host("older.test");
  house.config.tls.acme->names_per_certificate = 3;
  process = house.start();
  CHECK(process->shown("old.test") == nullptr);
  CHECK(process->shown("app.test") != nullptr);
}

TEST_CASE("a former certificate that helps out is served no more once it is revoked, but for --no-order") {
  for (const auto then : {tls::AfterRevocation::order_anew, tls::AfterRevocation::keep_it}) {
    RevokingHouse house;
    auto process = house.start();
    house.pass(20s);
    process.reset();
    house.authority.validates = false;
    house.add_host("www.test");
    house.config.tls.acme->names_per_certificate = 2;
    process = house.start();
    REQUIRE(process->shown("app.test") != nullptr);
    CHECK(process->shown("www.test") == nullptr);
    // The name is of a set that is ordered and has none; what serves it is another's.
    tls::RevocationWish wish;
    wish.then = then;
    const std::string told = house.told(process->keeper.revoke("app.test", wish));
    CAPTURE(told);
    const bool is_shown = process->shown("app.test") != nullptr;
    CHECK(is_shown == (then == tls::AfterRevocation::keep_it));
  }
}

// What an operator asks of the keeper: another certificate now, the end of one.
#include "tests/tls/issue/support/revoking_house.h"

#include "tests/support/doctest.h"

using namespace test_support;
using core::Json;
using namespace std::chrono_literals;

TEST_CASE("a certificate is renewed when an operator asks, whatever is left of it") {
  RevokingHouse house;
  auto process = house.start();
  house.pass(20s);
  const auto first = process->shown("app.test");
  REQUIRE(first != nullptr);
  CHECK(house.told(process->keeper.renew("app.test")).starts_with("renewed: app.test until "));
  CHECK(process->shown("app.test")->fingerprint() != first->fingerprint());
  CHECK(house.authority.issued == 2);
  house.pass(10min, 5s);
  CHECK(house.authority.issued == 2);
}

TEST_CASE("a renewal that is asked for passes over the pause after a failure, and says why it fails") {
  RevokingHouse house;
  house.authority.validates = false;
  auto process = house.start();
  house.pass(20s);
  const std::size_t before = house.authority.count("POST new-order");
  const std::string why = house.told(process->keeper.renew("app.test"));
  CHECK(why.starts_with("! "));
  CHECK(why.contains("next attempt in"));
  CHECK(house.authority.count("POST new-order") == before + 1);
  house.authority.validates = true;
  CHECK(house.told(process->keeper.renew("app.test")).starts_with("obtained: app.test until "));
}

TEST_CASE("two who ask for the same certificate get one order, and one who goes away stops nothing") {
  RevokingHouse house;
  auto process = house.start();
  house.pass(20s);
  house.authority.processing_polls = 3;
  const auto one = process->keeper.renew("app.test");
  const auto two = process->keeper.renew("app.test");
  REQUIRE(one);
  {
    [[maybe_unused]] const auto gone = process->keeper.renew("app.test");
  }
  CHECK(house.told(one) == house.told(two));
  CHECK(house.authority.issued == 2);
}

TEST_CASE("a renewal that another replica was asked for at the same time is one order") {
  RevokingHouse house;
  auto one = house.start("one");
  auto two = house.start("two");
  house.pass(30s);
  REQUIRE(two->shown("app.test") != nullptr);
  house.authority.processing_polls = 3;
  const auto here = one->keeper.renew("app.test");
  const auto there = two->keeper.renew("app.test");
  CHECK(house.told(here).starts_with("renewed: "));
  CHECK(house.told(there).starts_with("another replica has renewed it: "));
  CHECK(house.authority.issued == 2);
}

TEST_CASE("a name that is not ordered here, and storage that fails, are said to who asks") {
  RevokingHouse house;
  auto process = house.start();
  house.pass(20s);
  CHECK(
      house.told(process->keeper.renew("other.test")).contains("other.test: no certificate with this name"));
  CHECK(house.told(process->keeper.revoke("other.test", {})).contains("no certificate with this name"));
  CHECK(process->keeper.first_names() == std::vector<std::string>{"app.test"});
  house.watched.is_read_only = true;
  CHECK(house.told(process->keeper.renew("app.test")).contains("read-only file system"));
  CHECK(house.authority.count("POST new-order") == 1);
}

TEST_CASE("a revocation names the certificate and the reason, and another is due at once") {
  RevokingHouse house;
  auto process = house.start();
  house.pass(20s);
  const auto first = process->shown("app.test");
  tls::RevocationWish wish;
  wish.reason = tls::RevocationReason::key_compromise;
  CHECK(house.told(process->keeper.revoke("app.test", wish)) == "revoked: app.test, keyCompromise");
  REQUIRE(house.revoked.size() == 1);
  CHECK(house.revoked[0].integer_at("reason") == 1);
  const auto stored = house.run(
      tls::CertificateStore(*house.storage, house.random, house.log).certificate(tls::set_id({"app.test"})));
  REQUIRE(stored);
  CHECK(house.authority.violations.empty());
  // Whoever comes after knows of it.
  process.reset();
  process = house.start();
  house.pass(20s);
  CHECK(process->shown("app.test")->fingerprint() != first->fingerprint());
  CHECK(house.authority.issued == 2);
}

TEST_CASE("a certificate that is revoked and kept is renewed in its time") {
  RevokingHouse house;
  auto process = house.start();
  house.pass(20s);
  tls::RevocationWish wish;
  wish.then = tls::AfterRevocation::keep_it;
  CHECK(house.told(process->keeper.revoke("app.test", wish)) == "revoked: app.test, unspecified");
  house.pass(10min, 5s);
  CHECK(house.authority.issued == 1);
}

TEST_CASE("what the authority says to a revocation is told, and revoked already is as good") {
  RevokingHouse house;
  auto process = house.start();
  house.pass(20s);
  house.refuses = "unauthorized";
  CHECK(house.told(process->keeper.revoke("app.test", {})).contains("unauthorized"));
  house.refuses = "alreadyRevoked";
  CHECK(house.told(process->keeper.revoke("app.test", {})) == "revoked: app.test, unspecified");
  house.authority.directory_more.set("revokeCert", Json());
}

TEST_CASE("nothing is revoked while an order for the same names is under way, here or elsewhere") {
  RevokingHouse house;
  auto one = house.start("one");
  auto two = house.start("two");
  house.pass(30s);
  house.authority.processing_polls = 100;
  REQUIRE(one->keeper.renew("app.test"));
  house.pass(5s);
  CHECK(house.told(one->keeper.revoke("app.test", {})).contains("an order for it is under way"));
  CHECK(house.told(two->keeper.revoke("app.test", {})).contains("another replica is at work"));
  CHECK(house.revoked.empty());
}

TEST_CASE("reasons go by their names in RFC 5280") {
  CHECK(tls::revocation_reason("keyCompromise") == tls::RevocationReason::key_compromise);
  CHECK(tls::revocation_reason("cessationOfOperation") == tls::RevocationReason::cessation_of_operation);
  CHECK_FALSE(tls::revocation_reason("certificateHold"));
  CHECK_FALSE(tls::revocation_reason("keycompromise"));
  CHECK(static_cast<int>(tls::RevocationReason::cessation_of_operation) == 5);
}

TEST_CASE("the account's key is changed when an operator asks, and orders go on with it") {
  RevokingHouse house;
  auto process = house.start();
  house.pass(20s);
  const std::string before = house.authority.accounts.begin()->first;
  CHECK(house.told(process->keeper.change_account_key())
            .starts_with("the account's key was changed at https://"));
  REQUIRE(house.authority.accounts.size() == 1);
  const std::string after = house.authority.accounts.begin()->first;
  CHECK(after != before);
  CHECK(process->shelf.challenges().latest()->thumbprint == after);
  CHECK(house.told(process->keeper.renew("app.test")).starts_with("renewed: app.test until "));
  CHECK(house.authority.accounts.size() == 1);
}

TEST_CASE("the account's key is not changed under an order, nor an order begun under its change") {
  RevokingHouse house;
  house.authorities.slow = "finalize";
  auto process = house.start();
  house.pass(500ms, 100ms);
  const auto refused = process->keeper.change_account_key();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == core::ErrorKind::conflict);
  house.pass(20s);
  house.authorities.slow = "key-change";
  const auto changed = process->keeper.change_account_key();
  REQUIRE(changed);
  CHECK_FALSE(process->keeper.change_account_key());
  const std::size_t orders = house.authority.count("POST new-order");
  const auto renewed = process->keeper.renew("app.test");
  house.pass(500ms, 100ms);
  CHECK(house.authority.count("POST new-order") == orders);
  CHECK(house.told(changed).starts_with("the account's key was changed"));
  CHECK(house.told(renewed).starts_with("renewed: "));
}

// Answers that no honest authority gives, or that come at another time than usual: each costs one order at
// most.
#include <string>

#include "tests/tls/acme/support/acme_fixture.h"

#include "tests/support/doctest.h"

using namespace test_support;
using core::Json;

TEST_CASE("an order that has a certificate before anything was asked has another's, and is left") {
  AcmeFixture bed;
  REQUIRE(bed.order("app.test"));
  const std::string other = bed.authority.orders.begin()->first;
  bed.journal.record.reset();
  bed.authority.edit = [&](const std::string& what, core::FetchResponse& answer) {
    if (what != "new-order") return;
    Json json = *Json::parse(answer.body, core::Side::authority);
    json.set("status", Json("valid"));
    json.set("certificate", Json(bed.authority.url("certificate/" + other)));
    answer.body = json.text();
  };
  const auto refused = bed.order("app.test");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.find("key") != std::string::npos);
  CHECK_FALSE(bed.journal.record.has_value());
  bed.authority.edit = nullptr;
  CHECK(bed.order("app.test"));
}

TEST_CASE("chains that lead to themselves are followed a few times") {
  AcmeFixture bed;
  tls::OrderRequest request;
  request.names = {"app.test"};
  request.preferred_issuer = "Nobody";
  bed.authority.edit = [&](const std::string& what, core::FetchResponse& answer) {
    if (what != "certificate") return;
    const std::string itself = bed.authority.url("certificate/" + bed.authority.orders.begin()->first);
    for (int i = 0; i < 100; ++i) answer.fields.emplace_back("Link", "<" + itself + ">;rel=\"alternate\"");
  };
  CHECK(bed.order(std::move(request)));
  CHECK(bed.authority.count("POST certificate") == 5);
}

TEST_CASE("a certificate of tomorrow, by an authority whose clock is ahead, is left") {
  AcmeFixture bed;
  core::ManualClock ahead(bed.clock.wall() + std::chrono::hours(72));
  FakeAuthority early(ahead);
  tls::AcmeClient client(bed.loop, early, {early.directory_url(), {}});
  tls::AccountBook accounts(*bed.storage, bed.log, {});
  tls::OrderRequest request;
  request.names = {"app.test"};
  tls::OrderRun order({client, accounts, bed.journal, {&bed.http01}, bed.random, bed.log},
                      std::move(request));
  const auto refused = bed.run(order.run());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.find("valid") != std::string::npos);
  CHECK_FALSE(bed.journal.record.has_value());
}

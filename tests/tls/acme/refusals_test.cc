// What an order tells of its end: which of its names were refused, and that another may begin.
#include <algorithm>

#include "tests/tls/acme/support/acme_fixture.h"

#include "tests/support/doctest.h"

using namespace test_support;
using core::Json;

TEST_CASE("of several names each one that could not be proved is told, whatever the order of their answers") {
  AcmeFixture bed;
  bed.authority.unprovable = {"b.test", "d.test"};
  tls::AcmeClient client(bed.loop, bed.authority, {bed.authority.directory_url(), {}});
  tls::AccountBook accounts(*bed.storage, bed.log, {});
  tls::OrderRequest request;
  request.names = {"a.test", "b.test", "c.test", "d.test"};
  tls::OrderRun run({client, accounts, bed.journal, {&bed.http01}, bed.random, bed.log}, std::move(request));
  const auto issued = bed.run(run.run());
  REQUIRE_FALSE(issued);
  std::vector<std::string> refused;
  for (const tls::NameRefusal& refusal : run.refusals()) {
    refused.push_back(refusal.name);
    CHECK(refusal.problem.is("connection"));
  }
  std::ranges::sort(refused);
  CHECK(refused == std::vector<std::string>{"b.test", "d.test"});
}

TEST_CASE(
    "an order that turns invalid behind its finalization ends with what it says, and the next is another") {
  AcmeFixture bed;
  bool lies = true;
  bed.authority.edit = [&](const std::string& what, core::FetchResponse& answer) {
    if (what != "finalize" || !lies) return;
    Json order = *Json::parse(answer.body, core::Side::authority);
    Json error = Json::object();
    error.set("type", Json("urn:ietf:params:acme:error:caa"));
    error.set("detail", Json("CAA record for app.test prevents issuance"));
    order.set("status", Json("invalid"));
    order.set("error", std::move(error));
    answer.body = order.text();
  };
  const auto refused = bed.order("app.test");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.contains("caa: CAA record for app.test prevents issuance"));
  CHECK_FALSE(bed.journal.record.has_value());
  lies = false;
  CHECK(bed.order("app.test"));
  CHECK(bed.authority.orders.size() == 2);
}

// Proofs are given back for names that are not kept, and nothing else is touched.
#include "tls/acme/give_back.h"

#include "tests/tls/acme/support/acme_fixture.h"

#include "tests/support/doctest.h"

using namespace test_support;

namespace {

struct Bed : AcmeFixture {
  /// An order for two names and a wildcard that was issued; its URL.
  std::string issue() {
    tls::OrderRequest request;
    request.names = {"*.left.test", "kept.test", "left.test"};
    authority.keeps_authorizations = true;
    const auto issued = order(std::move(request));
    REQUIRE_MESSAGE(issued, issued.error().text);
    return issued->order;
  }
  core::Result<std::vector<std::string>> give_back(const std::string& url, std::set<std::string> kept) {
    tls::AcmeClient client(loop, authority, {authority.directory_url(), {}});
    tls::AccountBook accounts(*storage, log, {});
    return run(tls::give_back(&client, &accounts, {url, std::move(kept)}));
  }
  std::string status_of(const std::string& name, bool is_wildcard = false) {
    for (const auto& [id, one] : authority.authorizations) {
      if (one.name == name && one.is_wildcard == is_wildcard) return one.status;
    }
    return "none";
  }
};

}  // namespace

TEST_CASE("what an order proved is given back for every name that is not kept") {
  Bed bed;
  const std::string order = bed.issue();
  const auto given = bed.give_back(order, {"kept.test", "left.test"});
  REQUIRE_MESSAGE(given, given.error().text);
  CHECK(*given == std::vector<std::string>{"*.left.test"});
  CHECK(bed.status_of("left.test", true) == "deactivated");
  CHECK(bed.status_of("left.test") == "valid");
  CHECK(bed.status_of("kept.test") == "valid");
  REQUIRE(bed.give_back(order, {"kept.test"}));
  CHECK(bed.status_of("left.test") == "deactivated");
  CHECK(bed.status_of("kept.test") == "valid");
  CHECK(bed.authority.violations.empty());
}

TEST_CASE("nothing is given back, and no account made, where there is none or the order is not known") {
  Bed bed;
  REQUIRE(bed.give_back(bed.authority.url("order/7"), {}));
  CHECK(bed.authority.accounts.empty());
  const std::string order = bed.issue();
  const auto unknown = bed.give_back(order + "0", {});
  REQUIRE(unknown);
  CHECK(unknown->empty());
  const auto elsewhere = bed.give_back("https://evil.test/order/1", {});
  REQUIRE(elsewhere);
  CHECK(bed.authority.strays == 0);
}

TEST_CASE("an authority that is down, or limits what it is asked, is asked again later") {
  struct Row {
    int status;
    const char* type;
  };
  for (const Row& row :
       {Row{503, "serverInternal"}, Row{429, "rateLimited"}, Row{429, ""}, Row{403, "rateLimited"}}) {
    for (const char* step : {"order", "authz"}) {
      CAPTURE(row.status);
      CAPTURE(step);
      Bed bed;
      const std::string order = bed.issue();
      bed.authority.instead = [&](const std::string& what,
                                  const core::Json&) -> std::optional<core::FetchResponse> {
        if (what != step) return std::nullopt;
        return problem(row.status, row.type);
      };
      const auto given = bed.give_back(order, {});
      REQUIRE_FALSE(given);
      CHECK(given.error().text.find("giving a proof back") != std::string::npos);
      bed.authority.instead = nullptr;
      CHECK(bed.give_back(order, {})->size() == 3);
    }
  }
}

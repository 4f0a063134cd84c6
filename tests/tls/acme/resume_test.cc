// Answers that end an order, and those that it is gone on with after: limits and failures of the authority's
// own must cost neither a second order nor a certificate that was issued.
#include <array>
#include <string>

#include "tests/tls/acme/support/acme_fixture.h"
#include "tls/acme/order.h"

#include "tests/support/doctest.h"

using namespace test_support;
using core::Json;
using namespace std::chrono_literals;

namespace {

struct Row {
  int status;
  const char* type;
  bool ends;
};

constexpr std::array<Row, 9> kRows = {{
    {503, "serverInternal", false},
    {500, "", false},
    {429, "rateLimited", false},
    {429, "", false},
    {403, "rateLimited", false},
    {400, "badNonce", false},
    {404, "malformed", true},
    {403, "unauthorized", true},
    {410, "", true},
}};

/// The authority answers every request for `what` so, with a Retry-After.
void refuse(AcmeFixture& bed, const std::string& what, const Row& row) {
  bed.authority.instead = [=](const std::string& asked, const Json&) -> std::optional<core::FetchResponse> {
    if (asked != what) return std::nullopt;
    core::FetchResponse answer = problem(row.status, row.type, "come again");
    answer.fields.emplace_back("Retry-After", "30");
    return answer;
  };
}

}  // namespace

TEST_CASE("an order that was finalized is ended by what ends it, not by a busy authority") {
  for (const Row& row : kRows) {
    CAPTURE(row.status);
    CAPTURE(row.type);
    AcmeFixture bed;
    // The process dies before it has the certificate.
    bed.authority.break_at = 7;
    REQUIRE_FALSE(bed.order("app.test"));
    REQUIRE(bed.authority.issued == 1);
    bed.authority.break_at = -1;
    refuse(bed, "order", row);
    const auto looked = bed.order("app.test");
    CHECK(looked.has_value() == row.ends);
    CHECK(bed.authority.count("POST new-order") == (row.ends ? 2 : 1));
    if (row.ends) continue;
    CHECK(bed.journal.record.has_value());
    REQUIRE(bed.last_problem);
    CHECK(bed.last_problem->retry_after == 30s);
    bed.authority.instead = nullptr;
    CHECK(bed.order("app.test"));
    CHECK(bed.authority.issued == 1);
  }
}

TEST_CASE("an order whose steps meet a busy authority is gone on with") {
  for (const char* step : {"authz", "challenge", "finalize"}) {
    for (const Row& row : kRows) {
      // Of a challenge that is refused the authorization tells what is.
      const bool is_passed_over = row.ends && step == std::string("challenge");
      if (is_passed_over) continue;
      CAPTURE(step);
      CAPTURE(row.status);
      CAPTURE(row.type);
      AcmeFixture bed;
      refuse(bed, step, row);
      CHECK_FALSE(bed.order("app.test"));
      CHECK(bed.journal.record.has_value() == !row.ends);
      bed.authority.instead = nullptr;
      CHECK(bed.order("app.test"));
      CHECK(bed.authority.count("POST new-order") == (row.ends ? 2 : 1));
      CHECK(bed.authority.issued == 1);
    }
  }
}

TEST_CASE("an authorization that cannot be read for a moment is asked for again") {
  AcmeFixture bed;
  int looks = 0;
  bed.authority.instead = [&](const std::string& asked, const Json&) -> std::optional<core::FetchResponse> {
    const bool is_limited = asked == "authz" && ++looks >= 2 && looks <= 4;
    if (!is_limited) return std::nullopt;
    return problem(429, "rateLimited", "too many requests");
  };
  CHECK(bed.order("app.test"));
  CHECK(bed.authority.count("POST new-order") == 1);
}

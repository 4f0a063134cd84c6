// How often an authority is asked whether it is done.
#include <optional>
#include <vector>

#include "tests/tls/acme/support/acme_fixture.h"
#include "tls/acme/order.h"

#include "tests/support/doctest.h"

using namespace test_support;
using core::Json;
using namespace std::chrono_literals;

TEST_CASE("an authority that says nothing of pauses is asked soon, and then less and less often") {
  AcmeFixture bed;
  bed.authority.processing_polls = 9;
  std::vector<core::SteadyTime> looks;
  bed.authority.instead = [&](const std::string& what, const Json&) -> std::optional<core::FetchResponse> {
    if (what == "finalize" || what == "order") looks.push_back(bed.clock.steady());
    return std::nullopt;
  };
  REQUIRE(bed.order("app.test"));
  REQUIRE(looks.size() >= 8);
  CHECK(looks[1] - looks[0] <= 750ms);
  for (std::size_t i = 1; i + 1 < looks.size(); ++i) {
    CHECK(looks[i + 1] - looks[i] + 500ms >= looks[i] - looks[i - 1]);
  }
  CHECK(looks.back() - looks[looks.size() - 2] >= tls::kLastUnsaidPoll);
  CHECK(looks.back() - looks[looks.size() - 2] <= tls::kLastUnsaidPoll + 1s);
}

TEST_CASE("what an authority says of a pause is obeyed") {
  AcmeFixture bed;
  bed.authority.processing_polls = 2;
  std::vector<core::SteadyTime> looks;
  bed.authority.edit = [&](const std::string& what, core::FetchResponse& answer) {
    if (what != "finalize" && what != "order") return;
    looks.push_back(bed.clock.steady());
    answer.fields.emplace_back("Retry-After", "7");
  };
  REQUIRE(bed.order("app.test"));
  REQUIRE(looks.size() >= 2);
  CHECK(looks[1] - looks[0] >= 7s);
  CHECK(looks[1] - looks[0] <= 8s);
}

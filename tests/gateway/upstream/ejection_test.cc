// When an origin is left out, for how long, and how it comes back.
#include "gateway/upstream/ejection.h"

#include <doctest/doctest.h>

#include <vector>

#include "gateway/upstream/retry_budget.h"

using gateway::Ejection;
using gateway::OriginFailure;
using gateway::RetryBudget;

namespace {

struct Fixture {
  core::SteadyTime now{std::chrono::hours(1)};
  Ejection ejection;

  /// Fails once by a connection, is ejected, waits until it is back; how long that was.
  core::Duration out_once() {
    REQUIRE(ejection.fail(OriginFailure::connect));
    ejection.eject(now);
    const auto pause = std::chrono::duration_cast<core::Duration>(ejection.until() - now);
    CHECK(ejection.is_out(ejection.until() - core::Duration(1)));
    now = ejection.until();
    CHECK_FALSE(ejection.is_out(now));
    return pause;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "one refused connection is enough, answers that do not come take five in a row") {
  CHECK(Ejection().fail(OriginFailure::connect));
  for (int i = 0; i < 4; ++i) CHECK_FALSE(ejection.fail(OriginFailure::response));
  ejection.succeed(now);
  for (int i = 0; i < 4; ++i) CHECK_FALSE(ejection.fail(OriginFailure::response));
  CHECK(ejection.fail(OriginFailure::response));
}

TEST_CASE_FIXTURE(Fixture, "each time it fails again it is out for twice as long, at most a minute") {
  std::vector<long> pauses;
  for (int i = 0; i < 9; ++i) pauses.push_back(out_once().count() / 1000);
  CHECK(pauses == std::vector<long>{1, 2, 4, 8, 16, 32, 60, 60, 60});
}

TEST_CASE_FIXTURE(Fixture, "on trial a single failure of any kind is enough") {
  out_once();
  CHECK(ejection.fail(OriginFailure::response));
  ejection.eject(now);
  CHECK(ejection.until() - now == core::Duration(2'000));
}

TEST_CASE_FIXTURE(Fixture, "the pause is forgotten only after it was well for as long as it was out") {
  for (int i = 0; i < 4; ++i) out_once();  // the last one for 8 s
  ejection.succeed(now + core::Duration(7'999));
  CHECK(out_once() == core::Duration(16'000));
  ejection.succeed(now + core::Duration(16'000));
  CHECK(out_once() == core::Duration(1'000));
}

TEST_CASE_FIXTURE(Fixture, "what was sent before it was left out changes nothing when it fails late") {
  out_once();
  REQUIRE(ejection.fail(OriginFailure::connect));
  ejection.eject(now);
  const core::SteadyTime until = ejection.until();
  for (int i = 0; i < 100; ++i) {
    CHECK(ejection.fail(OriginFailure::response));
    ejection.eject(now);
  }
  CHECK(ejection.until() == until);
}

TEST_CASE_FIXTURE(Fixture, "a late answer does not end the pause") {
  out_once();
  REQUIRE(ejection.fail(OriginFailure::connect));
  ejection.eject(now);
  ejection.succeed(now);
  CHECK(ejection.is_out(now));
}

TEST_CASE("retries are a share of the requests, and a few for an upstream with little to do") {
  core::SteadyTime now{std::chrono::hours(1)};
  RetryBudget budget(10, now);
  const auto granted = [&](int wanted) {
    int count = 0;
    for (int i = 0; i < wanted; ++i) count += budget.take(now) ? 1 : 0;
    return count;
  };
  CHECK(granted(1000) == RetryBudget::kSpare);
  for (int i = 0; i < 200; ++i) budget.on_request();
  CHECK(granted(1000) == 20);
  now += core::Duration(3'500);
  CHECK(granted(1000) == 3);
  now += core::Duration(500);
  CHECK(granted(1000) == 1);
  now += std::chrono::hours(1000);
  CHECK(granted(1000) == RetryBudget::kSpare);
  for (int i = 0; i < 1'000'000; ++i) budget.on_request();
  CHECK(granted(1000) == RetryBudget::kMost);
}

TEST_CASE("a budget of nothing allows no retry at all") {
  core::SteadyTime now{std::chrono::hours(1)};
  RetryBudget budget(0, now);
  for (int i = 0; i < 1000; ++i) budget.on_request();
  CHECK_FALSE(budget.take(now + std::chrono::hours(1)));
}

// How long the keeper waits after failures, over restarts and for years, and that a success ends it.
#include "tests/tls/issue/support/house.h"

#include "tests/support/doctest.h"

using namespace test_support;
using core::Json;
using namespace std::chrono_literals;

TEST_CASE("failures are spaced further and further, kept over restarts, for more than a year") {
  House house;
  house.authority.validates = false;
  auto process = house.start();
  house.pass(3min);
  const std::size_t early = house.authority.count("POST new-order");
  CHECK(early >= 2);
  CHECK(early <= 3);
  for (int day = 0; day < 400; ++day) {
    if (day % 10 == 0) {
      process.reset();
      process = house.start();
    }
    house.pass(24h, 2h);
    house.pass(20s, 4s);
  }
  const std::size_t all = house.authority.count("POST new-order");
  CHECK(all >= 300);
  CHECK(all <= 410);
  // It is not given up either.
  house.authority.validates = true;
  house.pass(48h, 1h);
  house.pass(20s);
  CHECK(process->shown("app.test") != nullptr);
}

TEST_CASE("an authority's Retry-After is obeyed, by a process that comes after as well") {
  House house;
  house.authority.instead = [](const std::string& what, const Json&) -> std::optional<core::FetchResponse> {
    if (what != "new-order") return std::nullopt;
    core::FetchResponse answer = problem(429, "rateLimited", "too many");
    answer.fields.emplace_back("Retry-After", "36000");
    return answer;
  };
  auto process = house.start();
  house.pass(5h, 1min);
  process.reset();
  process = house.start();
  house.pass(4h, 1min);
  CHECK(house.authority.count("POST new-order") == 1);
  house.pass(4h, 1min);
  CHECK(house.authority.count("POST new-order") == 2);
}

TEST_CASE("a success ends the pauses: the failure after it is tried again in a minute") {
  House house;
  house.authority.validates = false;
  auto process = house.start();
  house.pass(3h, 1min);
  CHECK(house.authority.count("POST new-order") == 4);
  house.authority.validates = true;
  house.pass(34h, 10min);
  house.pass(20s);
  REQUIRE(process->shown("app.test") != nullptr);
  house.authority.validates = false;
  const std::size_t before = house.authority.count("POST new-order");
  house.clock.advance(24h * 65);
  house.pass(3min);
  CHECK(house.authority.count("POST new-order") == before + 2);
}

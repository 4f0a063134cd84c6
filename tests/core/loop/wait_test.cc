// Pauses, deadlines and background flows on a clock that stands still until moved.
#include "core/loop/wait.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/loop/tasks.h"

namespace core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Fixture {
  ManualClock clock{from_unix_seconds(1'800'000'000)};
  Loop loop{clock};
  void pass(Duration time) {
    clock.advance(time);
    loop.turn(false);
  }
};

Flow<int> from_cell(OneShot<int>& cell) {
  const int value = co_await cell;
  co_return value;
}

Flow<int> failing() {
  co_return failure(ErrorKind::refused, Side::origin, "no");
}

Flow<std::unique_ptr<int>> owned(Loop& loop) {
  co_await sleep_for(loop, seconds(1));
  co_return std::make_unique<int>(3);
}

TEST_CASE_FIXTURE(Fixture, "sleeping ends when its time has passed and not before") {
  bool ended = false;
  RunningFlow<> running;
  running.start(sleep_for(loop, seconds(5)), [&](Result<Done>) { ended = true; });
  pass(milliseconds(4999));
  CHECK_FALSE(ended);
  pass(milliseconds(1));
  CHECK(ended);
}

TEST_CASE_FIXTURE(Fixture, "a cancelled sleep never ends") {
  RunningFlow<> running;
  running.start(sleep_for(loop, seconds(5)), [&](Result<Done>) { FAIL("told of a cancelled sleep"); });
  running.cancel();
  pass(seconds(10));
}

TEST_CASE_FIXTURE(Fixture, "within hands over what ends in time") {
  OneShot<int> cell;
  int value = 0;
  RunningFlow<int> running;
  running.start(within(loop, Deadline::after(loop, seconds(5)), from_cell(cell)),
                [&](Result<int> result) { value = result.value(); });
  pass(seconds(4));
  cell.deliver(9);
  CHECK(value == 9);
  pass(seconds(10));
}

TEST_CASE_FIXTURE(Fixture, "within cancels the flow and fails when the deadline passes first") {
  OneShot<int> cell;
  Result<int> outcome = 0;
  RunningFlow<int> running;
  running.start(within(loop, Deadline::after(loop, seconds(5)), from_cell(cell)),
                [&](Result<int> result) { outcome = std::move(result); });
  pass(seconds(5));
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().kind == ErrorKind::timed_out);
  CHECK_FALSE(running.is_running());
  cell.deliver(9);  // nobody waits any more
}

TEST_CASE_FIXTURE(Fixture, "within passes on the error of its flow, and move-only values") {
  Result<int> outcome = 0;
  RunningFlow<int> running;
  running.start(within(loop, Deadline::after(loop, seconds(5)), failing()),
                [&](Result<int> result) { outcome = std::move(result); });
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().text == "no");

  int value = 0;
  RunningFlow<std::unique_ptr<int>> moving;
  moving.start(within(loop, Deadline::after(loop, seconds(5)), owned(loop)),
               [&](Result<std::unique_ptr<int>> result) { value = **result; });
  pass(seconds(1));
  CHECK(value == 3);
}

TEST_CASE_FIXTURE(Fixture, "a deadline that has passed already still lets a ready flow win") {
  OneShot<int> ready;
  ready.deliver(1);
  OneShot<int> never;
  const Deadline passed{loop.now() - seconds(1)};
  Result<int> first = failure(ErrorKind::internal, Side::us, "not told");
  Result<int> second = 0;
  RunningFlow<int> one;
  RunningFlow<int> two;
  one.start(within(loop, passed, from_cell(ready)), [&](Result<int> result) { first = std::move(result); });
  two.start(within(loop, passed, from_cell(never)), [&](Result<int> result) { second = std::move(result); });
  CHECK(first.has_value());
  CHECK(second.has_value());
  loop.turn(true);
  CHECK_FALSE(second.has_value());
}

TEST_CASE_FIXTURE(Fixture, "value and deadline in one turn make one outcome, whichever is first") {
  for (const bool value_first : {false, true}) {
    OneShot<int> cell;
    int outcomes = 0;
    RunningFlow<int> running;
    Timer delivers(loop, [&] { cell.deliver(1); });
    if (value_first) delivers.arm(seconds(5));
    running.start(within(loop, Deadline::after(loop, seconds(5)), from_cell(cell)),
                  [&](Result<int>) { ++outcomes; });
    if (!value_first) delivers.arm(seconds(5));
    pass(seconds(5));
    CHECK(outcomes == 1);
  }
}

TEST_CASE_FIXTURE(Fixture, "nested deadlines: the nearer one wins and the outer flow may be cancelled") {
  OneShot<int> cell;
  Result<int> outcome = 0;
  RunningFlow<int> running;
  Flow<int> inner = within(loop, Deadline::after(loop, seconds(5)), from_cell(cell));
  running.start(within(loop, Deadline::after(loop, seconds(2)), std::move(inner)),
                [&](Result<int> result) { outcome = std::move(result); });
  SUBCASE("nearer") {
    pass(seconds(2));
    CHECK_FALSE(outcome.has_value());
  }
  SUBCASE("cancelled") {
    running.cancel();
    pass(seconds(10));
    CHECK(outcome.has_value());
  }
}

Flow<> fails_after(Loop& loop, Duration time) {
  co_await sleep_for(loop, time);
  co_return failure(ErrorKind::unavailable, Side::storage, "down");
}

TEST_CASE_FIXTURE(Fixture, "a failed task is reported by name, others go on, all end with their owner") {
  std::vector<std::string> failures;
  {
    Tasks tasks(loop, [&](std::string_view name, const Error& error) {
      failures.push_back(std::string(name) + ": " + error.text);
    });
    tasks.start("first", fails_after(loop, seconds(1)));
    tasks.start("second", sleep_for(loop, seconds(1)));
    tasks.start("third", sleep_for(loop, seconds(9)));
    CHECK(tasks.size() == 3);
    pass(seconds(1));
    CHECK(tasks.size() == 1);
  }
  CHECK(failures == std::vector<std::string>{"first: down"});
  pass(seconds(10));
}

TEST_CASE_FIXTURE(Fixture, "the failure handler may destroy the tasks") {
  auto tasks = std::unique_ptr<Tasks>();
  tasks = std::make_unique<Tasks>(loop, [&](std::string_view, const Error&) { tasks.reset(); });
  tasks->start("other", sleep_for(loop, seconds(9)));
  tasks->start("failing", fails_after(loop, seconds(1)));
  pass(seconds(1));
  CHECK(tasks == nullptr);
}

}  // namespace
}  // namespace core

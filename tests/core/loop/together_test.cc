// Several flows waited for as one.
#include "core/loop/together.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "core/loop/wait.h"

namespace core {
namespace {

using std::chrono::seconds;

struct Fixture {
  ManualClock clock{from_unix_seconds(1'800'000'000)};
  Loop loop{clock};
  std::optional<Result<Done>> end;
  RunningFlow<> running;

  void start(std::vector<Flow<>> flows) {
    running.start(together(std::move(flows)), [this](Result<Done> ended) { end.emplace(std::move(ended)); });
  }
  void pass(Duration time) {
    clock.advance(time);
    loop.turn(false);
  }
};

Flow<> failing_after(Loop* loop, Duration time, const char* why) {
  co_await sleep_for(*loop, time);
  co_return failure(ErrorKind::refused, Side::us, why);
}

Flow<> ready() {
  co_return done();
}

TEST_CASE_FIXTURE(Fixture, "flows run at the same time, and the last one's end is the end") {
  std::vector<Flow<>> flows;
  flows.push_back(sleep_for(loop, seconds(2)));
  flows.push_back(ready());
  flows.push_back(sleep_for(loop, seconds(3)));
  start(std::move(flows));
  pass(seconds(2));
  CHECK_FALSE(end);
  pass(seconds(1));
  REQUIRE(end);
  CHECK(end->has_value());
}

TEST_CASE_FIXTURE(Fixture, "none, and those that wait for nothing, end at once") {
  start({});
  REQUIRE(end);
  end.reset();
  std::vector<Flow<>> flows;
  flows.push_back(ready());
  flows.push_back(ready());
  start(std::move(flows));
  CHECK(end);
}

TEST_CASE_FIXTURE(Fixture, "the first error is told when all have ended") {
  std::vector<Flow<>> flows;
  flows.push_back(failing_after(&loop, seconds(2), "second"));
  flows.push_back(failing_after(&loop, seconds(1), "first"));
  flows.push_back(sleep_for(loop, seconds(3)));
  start(std::move(flows));
  pass(seconds(1));
  pass(seconds(1));
  CHECK_FALSE(end);
  pass(seconds(1));
  REQUIRE(end);
  CHECK(end->error().text == "first");
}

TEST_CASE_FIXTURE(Fixture, "who is not waited for any more is cancelled") {
  std::vector<Flow<>> flows;
  flows.push_back(sleep_for(loop, seconds(1)));
  start(std::move(flows));
  running.cancel();
  pass(seconds(2));
  CHECK_FALSE(end);
}

}  // namespace
}  // namespace core

// Timers: their order, their moments, and what a callback may do to them.
#include "core/loop/loop.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <random>
#include <vector>

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

TEST_CASE_FIXTURE(Fixture, "timers fire once, in the order of their times, and not before") {
  std::vector<int> fired;
  Timer second(loop, [&] { fired.push_back(2); });
  Timer first(loop, [&] { fired.push_back(1); });
  second.arm(seconds(2));
  first.arm(seconds(1));
  pass(milliseconds(999));
  CHECK(fired.empty());
  pass(seconds(5));
  CHECK(fired == std::vector<int>{1, 2});
  CHECK_FALSE(first.is_armed());
  pass(seconds(5));
  CHECK(fired.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "arming again moves a timer to later and to sooner; disarming stops it") {
  int fired = 0;
  Timer timer(loop, [&] { ++fired; });
  timer.arm(seconds(1));
  timer.arm(seconds(3));
  pass(seconds(2));
  CHECK(fired == 0);
  pass(seconds(1));
  CHECK(fired == 1);
  timer.arm(seconds(9));
  timer.arm(seconds(1));
  pass(seconds(1));
  CHECK(fired == 2);
  timer.arm(seconds(1));
  timer.disarm();
  pass(seconds(9));
  CHECK(fired == 2);
  timer.disarm();
  timer.arm(seconds(1));
  pass(seconds(1));
  CHECK(fired == 3);
}

TEST_CASE_FIXTURE(Fixture, "a timer may arm itself for at once without keeping the turn") {
  int fired = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&] {
    ++fired;
    timer->arm(Duration(0));
  });
  timer->arm(Duration(-5));
  loop.turn(true);
  CHECK(fired == 1);
  loop.turn(true);
  CHECK(fired == 2);
}

TEST_CASE_FIXTURE(Fixture,
                  "timers that arm themselves for at once fire once a turn, however many there are") {
  int others = 0;
  std::vector<int> fired(3);
  std::vector<std::unique_ptr<Timer>> timers;
  for (int& count : fired) {
    timers.push_back(std::make_unique<Timer>(loop, [&count, &timer = timers, at = timers.size()] {
      ++count;
      timer[at]->arm(Duration(0));
    }));
  }
  Timer later(loop, [&] { ++others; });
  later.arm(seconds(9));
  for (const auto& timer : timers) timer->arm(Duration(0));
  Duration step(0);
  SUBCASE("on a clock that stands") {}
  SUBCASE("on a clock that goes") {
    step = Duration(1);
  }
  for (int turns = 1; turns <= 5; ++turns) {
    clock.advance(step);
    loop.turn(true);
    CHECK(fired == std::vector<int>(3, turns));
  }
  CHECK(others == 0);
}

TEST_CASE_FIXTURE(Fixture, "a timer armed for at once in an event's callback waits for the next turn") {
  int fired = 0;
  Timer timer(loop, [&] { ++fired; });
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  struct Arms final : DescriptorEvents {
    explicit Arms(Timer& to_arm) : timer(to_arm) {}
    void on_edge(Edge) override { timer.arm(Duration(0)); }
    Timer& timer;
  } events(timer);
  {
    const DescriptorWatch watch(loop, ends[0], events, DescriptorWatch::Mode::edge_both);
    REQUIRE(::write(ends[1], "x", 1) == 1);
    loop.turn(true);
    CHECK(timer.is_armed());
    CHECK(fired == 0);
    loop.turn(true);
    CHECK(fired == 1);
  }
  for (const int end : ends) ::close(end);
}

TEST_CASE_FIXTURE(Fixture, "a timer's callback may destroy it and others") {
  std::unique_ptr<Timer> self;
  auto other = std::make_unique<Timer>(loop, [&] { FAIL("fired after its end"); });
  self = std::make_unique<Timer>(loop, [&] {
    other.reset();
    self.reset();
  });
  self->arm(seconds(1));
  other->arm(seconds(1));
  pass(seconds(1));
  CHECK(self == nullptr);
}

TEST_CASE_FIXTURE(Fixture, "the longest durations are clamped, not overflown") {
  int fired = 0;
  Timer timer(loop, [&] { ++fired; });
  timer.arm(Duration::max());
  pass(seconds(1));
  CHECK(fired == 0);
  pass(Timer::kLongest);
  CHECK(fired == 1);
}

TEST_CASE_FIXTURE(Fixture, "ten thousand timers armed, moved and destroyed at random fire in order") {
  std::mt19937 random(7);
  SteadyTime last = loop.now();
  int fired = 0;
  int expected = 0;
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 10'000; ++i) {
    timers.push_back(std::make_unique<Timer>(loop, [&] { ++fired; }));
    timers.back()->arm(Duration(random() % 10'000));
  }
  for (int i = 0; i < 20'000; ++i) {
    auto& timer = timers[random() % timers.size()];
    const auto choice = random() % 4;
    if (choice == 0) {
      timer.reset(new Timer(loop, [&] { ++fired; }));
    } else if (choice == 1) {
      timer->disarm();
    } else {
      timer->arm(Duration(random() % 10'000));
    }
  }
  for (const auto& timer : timers) expected += timer->is_armed() ? 1 : 0;
  for (int i = 0; i < 100; ++i) {
    pass(Duration(100));
    CHECK(loop.now() > last);
    last = loop.now();
  }
  CHECK(fired == expected);
}

TEST_CASE("on the machine's clock the loop sleeps until the next timer") {
  const SystemClock clock;
  Loop loop(clock);
  const SteadyTime start = clock.steady();
  Timer timer(loop, [&] { loop.stop(); });
  timer.arm(milliseconds(20));
  loop.run();
  CHECK(clock.steady() - start >= milliseconds(20));
}

}  // namespace
}  // namespace core

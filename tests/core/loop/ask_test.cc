#include "core/loop/ask.h"

#include <atomic>
#include <thread>

#include "tests/support/doctest.h"

namespace {

using namespace std::chrono_literals;

core::Flow<int> answer(int value) {
  co_return value;
}

core::Flow<int> answer_when(core::OneShot<>* gate, int value) {
  co_await *gate;
  co_return value;
}

core::Flow<int> refuse() {
  co_await core::failure(core::ErrorKind::refused, core::Side::us, "no");
  co_return 0;
}

core::Flow<> notice_end(std::atomic<bool>* ended, core::OneShot<>* gate) {
  struct Notice {
    std::atomic<bool>* ended;
    ~Notice() { *ended = true; }
  };
  const Notice notice{ended};
  co_await *gate;
  co_return core::done();
}

struct Two {
  core::SystemClock clock;
  core::Loop here{clock};
  core::Loop there{clock};
  std::unique_ptr<core::AskDesk> mine = std::make_unique<core::AskDesk>(here);
  std::unique_ptr<core::AskDesk> other = std::make_unique<core::AskDesk>(there);
  void turn() {
    for (int i = 0; i < 3; ++i) {
      there.turn(false);
      here.turn(false);
    }
  }
};

}  // namespace

TEST_CASE("a question is answered on the other loop and the answer comes back here") {
  Two two;
  core::Flow<int> flow = core::ask<int>(*two.mine, *two.other, [] { return answer(7); });
  flow.start();
  CHECK_FALSE(flow.has_ended());
  two.here.turn(false);
  CHECK_FALSE(flow.has_ended());
  two.turn();
  REQUIRE(flow.has_ended());
  CHECK(flow.result().value() == 7);
  CHECK(two.other->door()->questions() == 0);
}

TEST_CASE("an error of the other side comes back as it is") {
  Two two;
  core::Flow<int> flow = core::ask<int>(*two.mine, *two.other, [] { return refuse(); });
  flow.start();
  two.turn();
  REQUIRE(flow.has_ended());
  CHECK(flow.result().error().kind == core::ErrorKind::refused);
}

TEST_CASE("an asker that gives up lets the work go on to its end") {
  Two two;
  core::OneShot<> gate;
  std::atomic<bool> ended = false;
  {
    core::Flow<> flow =
        core::ask<core::Done>(*two.mine, *two.other, [&] { return notice_end(&ended, &gate); });
    flow.start();
    two.turn();
  }
  CHECK_FALSE(ended);
  gate.deliver(core::done());
  CHECK(ended);
  two.turn();
  CHECK(two.other->door()->questions() == 0);
}

TEST_CASE("a question whose other side ends is answered with unavailable, whether it had begun or not") {
  Two two;
  core::OneShot<> gate;
  core::Flow<int> flow = core::ask<int>(*two.mine, *two.other, [&] { return answer_when(&gate, 1); });
  flow.start();
  SUBCASE("not begun, the desk is closed") {
    two.other.reset();
    two.there.turn(false);
  }
  SUBCASE("begun") {
    two.turn();
    two.other.reset();
  }
  SUBCASE("the other loop never runs again") {
    two.other.reset();
    two.there.turn(false);
  }
  two.here.turn(false);
  REQUIRE(flow.has_ended());
  CHECK(flow.result().error().kind == core::ErrorKind::unavailable);
  CHECK_FALSE(two.other);
}

TEST_CASE("a question to a desk that has ended is answered at the next turn") {
  Two two;
  core::AskDesk& other = *two.other;
  const auto door = other.door();
  door->close();
  core::Flow<int> flow = core::ask<int>(*two.mine, other, [] { return answer(1); });
  flow.start();
  two.here.turn(false);
  REQUIRE(flow.has_ended());
  CHECK(flow.result().error().kind == core::ErrorKind::unavailable);
}

TEST_CASE("an answer to a loop that has ended is dropped") {
  Two two;
  core::OneShot<> gate;
  core::Flow<int> flow = core::ask<int>(*two.mine, *two.other, [&] { return answer_when(&gate, 1); });
  flow.start();
  two.turn();
  flow = core::Flow<int>();
  two.mine.reset();
  gate.deliver(core::done());
  two.turn();
  CHECK(two.other->door()->questions() == 0);
}

TEST_CASE("a thousand questions between two threads are all answered") {
  const core::SystemClock clock;
  core::Loop here(clock);
  core::Loop there(clock);
  core::AskDesk mine(here);
  core::AskDesk other(there);
  std::thread thread([&there] { there.run(); });
  long sum = 0;
  std::vector<core::Flow<int>> flows;
  for (int i = 0; i < 1000; ++i) {
    flows.push_back(core::ask<int>(mine, other, [i] { return answer(i); }));
    flows.back().start();
  }
  while (!flows.back().has_ended()) here.turn(true);
  there.post([&there] { there.stop(); });
  thread.join();
  here.turn(false);
  for (core::Flow<int>& flow : flows) sum += flow.result().value();
  CHECK(sum == 499'500);
}

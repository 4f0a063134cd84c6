#include "core/loop/side_thread.h"

#include <atomic>
#include <semaphore>
#include <thread>

#include "tests/support/doctest.h"

namespace {

struct Fixture {
  core::SystemClock clock;
  core::Loop loop{clock};
  std::binary_semaphore gate{0};
  std::binary_semaphore begun{0};
  /// A question that is being answered until the gate opens.
  std::function<bool()> slow() {
    return [this] {
      begun.release();
      gate.acquire();
      return true;
    };
  }
  void run(const core::Flow<bool>& flow) {
    while (!flow.has_ended()) loop.turn(true);
  }
};

}  // namespace

TEST_CASE("a question is answered on another thread, and the loop turns meanwhile") {
  Fixture at;
  core::SideThread side(at.loop, "side", 4);
  std::thread::id where;
  core::Flow<bool> flow = side.ask([&] {
    where = std::this_thread::get_id();
    at.gate.acquire();
    return true;
  });
  flow.start();
  bool is_turning = false;
  at.loop.post([&] { is_turning = true; });
  at.loop.turn(false);
  CHECK(is_turning);
  CHECK_FALSE(flow.has_ended());
  at.gate.release();
  at.run(flow);
  CHECK(flow.result().value());
  CHECK(where != std::this_thread::get_id());
  core::Flow<bool> no = side.ask([] { return false; });
  no.start();
  at.run(no);
  CHECK_FALSE(no.result().value());
}

TEST_CASE("more questions than may wait are refused, and those that wait are answered") {
  Fixture at;
  core::SideThread side(at.loop, "side", 2);
  core::Flow<bool> first = side.ask(at.slow());
  first.start();
  at.begun.acquire();
  core::Flow<bool> second = side.ask([] { return true; });
  core::Flow<bool> third = side.ask([] { return true; });
  core::Flow<bool> fourth = side.ask([] { return true; });
  second.start();
  third.start();
  fourth.start();
  REQUIRE(fourth.has_ended());
  CHECK(fourth.result().error().kind == core::ErrorKind::refused);
  at.gate.release();
  at.run(first);
  at.run(second);
  at.run(third);
  CHECK(third.result().value());
}

TEST_CASE("a question that nobody waits for any more is left out") {
  Fixture at;
  core::SideThread side(at.loop, "side", 4);
  core::Flow<bool> first = side.ask(at.slow());
  first.start();
  at.begun.acquire();
  std::atomic<bool> was_asked = false;
  {
    core::Flow<bool> gone = side.ask([&] { return was_asked = true; });
    gone.start();
  }
  core::Flow<bool> last = side.ask([] { return true; });
  last.start();
  at.gate.release();
  at.run(last);
  CHECK_FALSE(was_asked);
}

TEST_CASE("who asks may go while the answer is worked out, and so may the thread") {
  Fixture at;
  auto side = std::make_unique<core::SideThread>(at.loop, "side", 4);
  {
    core::Flow<bool> gone = side->ask(at.slow());
    gone.start();
    at.begun.acquire();
  }
  core::Flow<bool> never = side->ask([] { return true; });
  never.start();
  at.gate.release();
  side.reset();
  at.loop.turn(false);
  CHECK_FALSE(never.has_ended());
}

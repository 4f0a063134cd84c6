// Programs that end well, end badly, do not exist, or are not waited for any more.
#include "core/loop/program.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include "core/loop/loop.h"

#include "tests/support/doctest.h"

namespace {

using namespace std::chrono_literals;

core::Flow<> shell(core::Loop& loop, const std::string& script, core::Duration time = 30s) {
  return core::run_program(&loop, {"/bin/sh", "-c", script, "sh"}, {"WORD=with blanks"},
                           core::Deadline::after(loop, time));
}

core::Result<core::Done> run(core::Loop& loop, core::Flow<> flow) {
  flow.start();
  while (!flow.has_ended()) loop.turn(true);
  return std::move(flow.result());
}

}  // namespace

TEST_CASE("a program is given its arguments and environment, and its end is told") {
  const core::SystemClock clock;
  core::Loop loop(clock);
  CHECK(run(loop, shell(loop, "test \"$WORD\" = 'with blanks' && ! read line")));
  CHECK(run(loop, shell(loop, "exit 3")).error().text.ends_with("ended with status 3"));
  CHECK(run(loop, shell(loop, "kill -9 $$")).error().text.ends_with("ended by signal 9"));
  CHECK(run(loop, shell(loop, "sleep 60", 50ms)).error().kind == core::ErrorKind::timed_out);
  CHECK_FALSE(
      run(loop, core::run_program(&loop, {"/no/such/program"}, {}, core::Deadline::after(loop, 30s))));
}

TEST_CASE("a program that nobody waits for is killed with what it has started") {
  const core::SystemClock clock;
  core::Loop loop(clock);
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  // Whoever still runs holds the other end.
  const std::string out = "/dev/fd/" + std::to_string(ends[1]);
  auto flow = std::make_unique<core::Flow<>>(shell(loop, "sleep 600 & echo up > " + out + "; wait"));
  flow->start();
  ::close(ends[1]);
  std::array<char, 8> text{};
  REQUIRE(::read(ends[0], text.data(), text.size()) == 3);
  flow.reset();
  pollfd watch{ends[0], POLLIN, 0};
  REQUIRE(::poll(&watch, 1, 20'000) == 1);
  CHECK(::read(ends[0], text.data(), text.size()) == 0);
  ::close(ends[0]);
}

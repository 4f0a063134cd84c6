// What a flow promises: values, errors, cancellation at every wait, constant stack.
#include "core/loop/flow.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "core/loop/wait.h"

namespace core {
namespace {

/// Counts the live ones, to see that locals of a flow end.
struct Counted {
  explicit Counted(int& count) : live(count) { ++live; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --live; }
  int& live;
};

Error some_error() {
  return Error{ErrorKind::refused, Side::origin, "no"};
}

Flow<int> value_of(int value) {
  co_return value;
}

Flow<int> failing() {
  co_return failure(some_error());
}

Flow<int> sum_of(int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += co_await value_of(1);
  co_return sum;
}

Flow<std::unique_ptr<std::string>> owned_text() {
  auto text = std::make_unique<std::string>("moved");
  co_return text;
}

Flow<std::string> converted() {
  co_return "a literal";
}

Flow<int> waits_on(OneShot<int>& cell, int& live) {
  const Counted before(live);
  const int value = co_await cell;
  const Counted after(live);
  co_return value + 1;
}

Flow<int> nested(OneShot<int>& first, OneShot<int>& second, int& live) {
  const Counted outer(live);
  const int one = co_await waits_on(first, live);
  const Counted middle(live);
  const Result<int> two = co_await attempt(waits_on(second, live));
  if (!two.has_value()) co_return one;
  co_return one + *two;
}

TEST_CASE("a flow does nothing before it is started") {
  int live = 0;
  OneShot<int> cell;
  {
    const Flow<int> flow = waits_on(cell, live);
    CHECK(live == 0);
  }
  CHECK(live == 0);
}

TEST_CASE("awaiting a flow yields its value") {
  Flow<int> flow = sum_of(3);
  flow.start();
  REQUIRE(flow.has_ended());
  CHECK(flow.result().value() == 3);
}

TEST_CASE("a flow returns move-only values and what converts to its value") {
  Flow<std::unique_ptr<std::string>> owned = owned_text();
  owned.start();
  CHECK(*owned.result().value() == "moved");
  Flow<std::string> text = converted();
  text.start();
  CHECK(text.result().value() == "a literal");
}

TEST_CASE("a million ready awaits need a constant stack at every level of optimisation") {
  Flow<int> flow = sum_of(1'000'000);
  flow.start();
  CHECK(flow.result().value() == 1'000'000);
}

Flow<int> awaits_failing(bool& went_on) {
  const int value = co_await failing();
  went_on = true;
  co_return value;
}

Flow<int> awaits_bad_result(bool& went_on) {
  const Result<int> bad = failure(some_error());
  const int value = co_await bad;
  went_on = true;
  co_return value;
}

TEST_CASE("an error of a child or of a result ends the enclosing flow") {
  for (auto* make : {&awaits_failing, &awaits_bad_result}) {
    bool went_on = false;
    Flow<int> flow = make(went_on);
    flow.start();
    REQUIRE(flow.has_ended());
    CHECK_FALSE(flow.result().has_value());
    CHECK(flow.result().error().text == "no");
    CHECK_FALSE(went_on);
  }
}

Flow<std::string> attempts_failing() {
  const Result<int> result = co_await attempt(failing());
  co_return result.error().text;
}

TEST_CASE("attempt hands over the error of a flow that ends at once") {
  Flow<std::string> flow = attempts_failing();
  flow.start();
  CHECK(flow.result().value() == "no");
}

TEST_CASE("a delivered value goes through nested flows") {
  int live = 0;
  OneShot<int> first;
  OneShot<int> second;
  int sum = 0;
  RunningFlow<int> running;
  running.start(nested(first, second, live), [&sum](Result<int> result) { sum = result.value(); });
  CHECK(live == 2);
  first.deliver(10);
  CHECK(running.is_running());
  second.deliver(20);
  CHECK(sum == 32);
  CHECK(live == 0);
  CHECK_FALSE(running.is_running());
}

TEST_CASE("a delivered error ends the flow or is handed to attempt") {
  int live = 0;
  OneShot<int> first;
  OneShot<int> second;
  RunningFlow<int> running;
  SUBCASE("ends it") {
    std::string text;
    running.start(nested(first, second, live), [&text](Result<int> result) { text = result.error().text; });
    first.deliver(failure(some_error()));
    CHECK(text == "no");
  }
  SUBCASE("is handed over") {
    int value = 0;
    running.start(nested(first, second, live), [&value](Result<int> result) { value = result.value(); });
    first.deliver(4);
    second.deliver(failure(some_error()));
    CHECK(value == 5);
  }
  CHECK(live == 0);
}

TEST_CASE("a flow destroyed at any of its waits destroys its locals and unregisters") {
  for (int delivered = 0; delivered < 2; ++delivered) {
    int live = 0;
    OneShot<int> first;
    OneShot<int> second;
    {
      RunningFlow<int> running;
      running.start(nested(first, second, live),
                    [](Result<int>) { FAIL("a cancelled flow told of its end"); });
      if (delivered > 0) first.deliver(1);
      CHECK(live > 0);
    }
    CHECK(live == 0);
    first.deliver(1);  // nobody waits any more
    second.deliver(2);
  }
}

TEST_CASE("a flow whose cell is gone waits until its owner cancels it") {
  int live = 0;
  auto cell = std::make_unique<OneShot<int>>();
  RunningFlow<int> running;
  running.start(waits_on(*cell, live), [](Result<int>) { FAIL("nobody delivered"); });
  cell.reset();
  CHECK(running.is_running());
  running.cancel();
  CHECK(live == 0);
}

TEST_CASE("only the first delivery counts, also before anybody waits") {
  int live = 0;
  OneShot<int> cell;
  cell.deliver(1);
  cell.deliver(2);
  Flow<int> flow = waits_on(cell, live);
  flow.start();
  CHECK(flow.result().value() == 2);  // one more than the first
}

struct Owner {
  RunningFlow<int> running;
  std::vector<int> touched{1, 2, 3};
};

struct TouchesOwner {
  explicit TouchesOwner(Owner& o) : owner(o) {}
  TouchesOwner(const TouchesOwner&) = delete;
  TouchesOwner& operator=(const TouchesOwner&) = delete;
  ~TouchesOwner() { owner.touched.push_back(4); }
  Owner& owner;
};

Flow<int> uses_owner(Owner& owner, OneShot<int>& cell) {
  const TouchesOwner local(owner);
  const int value = co_await cell;
  co_return value;
}

TEST_CASE("the callback of a running flow may destroy the owner, whose locals have ended by then") {
  for (const bool fails : {false, true}) {
    for (const bool at_once : {false, true}) {
      auto owner = std::make_unique<Owner>();
      OneShot<int> cell;
      const auto deliver = [&] { cell.deliver(fails ? Result<int>(failure(some_error())) : Result<int>(7)); };
      bool ended = false;
      if (at_once) deliver();
      owner->running.start(uses_owner(*owner, cell), [&](Result<int> result) {
        CHECK(owner->touched.size() == 4);
        CHECK(result.has_value() != fails);
        ended = true;
        owner.reset();
      });
      if (!at_once) deliver();
      CHECK(ended);
      CHECK(owner == nullptr);
    }
  }
}

TEST_CASE("the callback of a running flow may start the next one") {
  OneShot<int> first;
  OneShot<int> second;
  int live = 0;
  std::vector<int> values;
  RunningFlow<int> running;
  running.start(waits_on(first, live), [&](Result<int> result) {
    values.push_back(result.value());
    running.start(waits_on(second, live), [&](Result<int> next) { values.push_back(next.value()); });
  });
  first.deliver(1);
  CHECK(running.is_running());
  second.deliver(2);
  CHECK(values == std::vector<int>{2, 3});
}

TEST_CASE("starting a second flow cancels the first") {
  OneShot<int> first;
  OneShot<int> second;
  int live = 0;
  int ends = 0;
  RunningFlow<int> running;
  running.start(waits_on(first, live), [&](Result<int>) { ++ends; });
  running.start(waits_on(second, live), [&](Result<int>) { ++ends; });
  CHECK(live == 1);
  first.deliver(1);
  CHECK(ends == 0);
  second.deliver(2);
  CHECK(ends == 1);
}

Flow<> cancels(RunningFlow<>& itself) {
  itself.cancel();
  co_return done();
}

TEST_CASE("a flow that is cancelled by what it calls ends the process, not its own memory") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(STDERR_FILENO);
    std::signal(SIGABRT, SIG_DFL);
    RunningFlow<> running;
    running.start(cancels(running), [](Result<Done>) {});
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}

Flow<int> recursive(int depth, OneShot<int>& cell) {
  if (depth == 0) {
    const int value = co_await cell;
    co_return value;
  }
  const int below = co_await recursive(depth - 1, cell);
  co_return below + 1;
}

TEST_CASE("a deep chain of flows ends with its value or its error") {
  for (const bool fails : {false, true}) {
    OneShot<int> cell;
    Flow<int> flow = recursive(500, cell);
    flow.start();
    CHECK_FALSE(flow.has_ended());
    cell.deliver(fails ? Result<int>(failure(some_error())) : Result<int>(1));
    REQUIRE(flow.has_ended());
    CHECK(flow.result().has_value() != fails);
    if (!fails) CHECK(flow.result().value() == 501);
  }
}

Flow<int> many_waits(std::vector<std::unique_ptr<OneShot<int>>>& cells) {
  int sum = 0;
  for (const auto& cell : cells) sum += co_await *cell;
  co_return sum;
}

TEST_CASE("resuming again and again does not grow the stack") {
  std::vector<std::unique_ptr<OneShot<int>>> cells;
  for (int i = 0; i < 100'000; ++i) cells.push_back(std::make_unique<OneShot<int>>());
  Flow<int> flow = many_waits(cells);
  flow.start();
  for (const auto& cell : cells) cell->deliver(1);
  REQUIRE(flow.has_ended());
  CHECK(flow.result().value() == 100'000);
}

TEST_CASE("waiting flows print where they wait") {
  OneShot<int> cell;
  int live = 0;
  Flow<int> flow = waits_on(cell, live);
  flow.start();
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  print_waiting_flows(file);
  std::rewind(file);
  std::string text(200, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  CHECK(text.find("flow_test.cc:") != std::string::npos);
}

}  // namespace
}  // namespace core

// Turns, posting, retiring, descriptors and signals.
#include "core/loop/loop.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "core/loop/signals.h"

namespace core {
namespace {

struct Fixture {
  ManualClock clock{from_unix_seconds(1'800'000'000)};
  Loop loop{clock};
};

TEST_CASE_FIXTURE(Fixture, "what is posted runs in a later turn, in order") {
  std::vector<int> ran;
  loop.post([&] {
    ran.push_back(1);
    loop.post([&] { ran.push_back(3); });
  });
  loop.post([&] { ran.push_back(2); });
  loop.turn(true);
  CHECK(ran == std::vector<int>{1, 2});
  loop.turn(true);
  CHECK(ran == std::vector<int>{1, 2, 3});
}

TEST_CASE_FIXTURE(Fixture, "an owner's end runs nothing any more, and leaves nothing behind") {
  struct Retired final : Retirable {
    Retired(Loop& l, bool& g, std::unique_ptr<Retired> m) : loop(l), is_gone(g), more(std::move(m)) {}
    ~Retired() override {
      is_gone = true;
      if (more) loop.retire(std::move(more));
    }
    Loop& loop;
    bool& is_gone;
    std::unique_ptr<Retired> more;
  };
  bool has_run = false;
  bool is_first_gone = false;
  bool is_second_gone = false;
  bool is_posted_gone = false;
  Timer timer(loop, [&] { has_run = true; });
  timer.arm(Duration(0));
  clock.advance(Duration(1'000));
  auto owned = std::make_shared<Retired>(loop, is_posted_gone, nullptr);
  loop.post([&has_run, owned = std::move(owned)] { has_run = owned != nullptr; });
  auto second = std::make_unique<Retired>(loop, is_second_gone, nullptr);
  loop.retire(std::make_unique<Retired>(loop, is_first_gone, std::move(second)));
  loop.discard();
  CHECK_FALSE(has_run);
  CHECK(is_first_gone);
  CHECK(is_second_gone);
  CHECK(is_posted_gone);
  loop.turn(false);
  CHECK(has_run);  // the timer is armed as it was
}

TEST_CASE("actions posted by other threads wake the loop and keep the order of each thread") {
  const SystemClock clock;
  Loop loop(clock);
  constexpr int kThreads = 3;
  constexpr int kActions = 2000;
  std::array<int, kThreads> next{};
  int total = 0;
  bool in_order = true;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kActions; ++i) {
        loop.post([&, thread, i] {
          in_order = in_order && next[static_cast<std::size_t>(thread)]++ == i;
          if (++total == kThreads * kActions) loop.stop();
        });
      }
    });
  }
  loop.run();
  CHECK(in_order);
  CHECK(total == kThreads * kActions);
}

struct Tracked final : Retirable {
  explicit Tracked(int& count) : ended(count) {}
  ~Tracked() override { ++ended; }
  int& ended;
};

TEST_CASE_FIXTURE(Fixture, "what is retired lives to the end of the turn") {
  int ended = 0;
  loop.post([&] {
    loop.retire(std::make_unique<Tracked>(ended));
    CHECK(ended == 0);
  });
  loop.turn(true);
  loop.turn(false);
  CHECK(ended == 1);
}

struct Chain final : Retirable {
  Chain(Loop& l, int left, int& count) : loop(l), links(left), ended(count) {}
  ~Chain() override {
    ++ended;
    if (links > 0) loop.retire(std::make_unique<Chain>(loop, links - 1, ended));
  }
  Loop& loop;
  int links;
  int& ended;
};

TEST_CASE_FIXTURE(Fixture, "what a destructor retires goes in the same turn") {
  int ended = 0;
  loop.retire(std::make_unique<Chain>(loop, 3, ended));
  loop.turn(false);
  CHECK(ended == 4);
}

TEST_CASE_FIXTURE(Fixture, "what is retired or posted when the loop ends is destroyed and not run") {
  int ended = 0;
  {
    Loop short_lived(clock);
    short_lived.retire(std::make_unique<Chain>(short_lived, 3, ended));
    short_lived.post([kept = std::make_shared<Tracked>(ended)] { FAIL("ran"); });
  }
  CHECK(ended == 5);
}

struct Flush final : TurnEnd {
  std::function<void()> action;
  void at_turn_end() override { action(); }
};

TEST_CASE_FIXTURE(Fixture, "a flush runs once a turn, however often it was asked for, and may ask again") {
  int calls = 0;
  Flush flush;
  flush.action = [&] {
    if (++calls == 1) loop.at_turn_end(flush);
  };
  loop.at_turn_end(flush);
  loop.at_turn_end(flush);
  loop.turn(false);
  CHECK(calls == 2);
  loop.turn(false);
  CHECK(calls == 2);
}

TEST_CASE_FIXTURE(Fixture, "a flush that is destroyed is forgotten, wherever it stands in the list") {
  for (std::size_t gone = 0; gone < 3; ++gone) {
    int calls = 0;
    std::array<std::unique_ptr<Flush>, 3> flushes;
    for (auto& flush : flushes) {
      flush = std::make_unique<Flush>();
      flush->action = [&] { ++calls; };
      loop.at_turn_end(*flush);
    }
    flushes[gone].reset();
    loop.turn(false);
    CHECK(calls == 2);
  }
}

struct Pair {
  Pair() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0); }
  ~Pair() {
    for (const int end : ends) close(end);
  }
  std::array<int, 2> ends{};
};

struct Edges final : DescriptorEvents {
  std::vector<Edge> seen;
  std::function<void()> then;
  void on_edge(Edge edge) override {
    seen.push_back(edge);
    if (then) then();
  }
};

TEST_CASE_FIXTURE(Fixture, "an edge is reported once until something changes") {
  const Pair pair;
  Edges edges;
  const DescriptorWatch watch(loop, pair.ends[0], edges, DescriptorWatch::Mode::edge_both);
  CHECK(watch.is_watching());
  loop.turn(true);
  REQUIRE(edges.seen.size() == 1);
  CHECK(edges.seen[0].writable);
  CHECK_FALSE(edges.seen[0].readable);
  loop.turn(false);
  CHECK(edges.seen.size() == 1);
  REQUIRE(write(pair.ends[1], "x", 1) == 1);
  loop.turn(true);
  loop.turn(false);
  REQUIRE(edges.seen.size() == 2);
  CHECK(edges.seen[1].readable);
  CHECK_FALSE(edges.seen[1].peer_closed);
  REQUIRE(shutdown(pair.ends[1], SHUT_WR) == 0);
  loop.turn(true);
  REQUIRE(edges.seen.size() == 3);
  CHECK(edges.seen[2].peer_closed);
}

TEST_CASE_FIXTURE(Fixture, "a turn that does not wait ends though there is always more to report") {
  const Pair pair;
  Edges edges;
  DescriptorWatch watch(loop, pair.ends[0], edges, DescriptorWatch::Mode::level_read);
  edges.then = [&] {
    if (edges.seen.size() == 5) watch.pause();  // where turns do not end this test does
  };
  int flushes = 0;
  Flush flush;
  flush.action = [&] { ++flushes; };
  loop.at_turn_end(flush);
  REQUIRE(write(pair.ends[1], "x", 1) == 1);
  SUBCASE("told not to wait") {
    loop.turn(false);
  }
  SUBCASE("with a timer that is due") {
    Timer timer(loop, [] {});
    timer.arm(Duration::zero());
    loop.turn(true);
  }
  CHECK(edges.seen.size() == 1);
  CHECK(flushes == 1);
}

TEST_CASE_FIXTURE(Fixture, "a level is reported in every turn, unless paused") {
  const Pair pair;
  Edges edges;
  DescriptorWatch watch(loop, pair.ends[0], edges, DescriptorWatch::Mode::level_read);
  REQUIRE(write(pair.ends[1], "x", 1) == 1);
  loop.turn(true);
  loop.turn(true);
  CHECK(edges.seen.size() == 2);
  watch.pause();
  loop.turn(false);
  CHECK(edges.seen.size() == 2);
  watch.resume();
  loop.turn(true);
  CHECK(edges.seen.size() == 3);
}

TEST_CASE_FIXTURE(Fixture, "a callback may destroy its own watch and another whose edge is waiting") {
  const Pair pair;
  std::array<Edges, 2> edges;
  std::array<std::unique_ptr<DescriptorWatch>, 2> watches;
  for (std::size_t i = 0; i < 2; ++i) {
    watches[i] =
        std::make_unique<DescriptorWatch>(loop, pair.ends[i], edges[i], DescriptorWatch::Mode::edge_both);
    edges[i].then = [&] {
      watches[0].reset();
      watches[1].reset();
    };
  }
  loop.turn(true);
  CHECK(edges[0].seen.size() + edges[1].seen.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a regular file cannot be watched, and the watch says so") {
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  REQUIRE(file >= 0);
  Edges edges;
  {
    const DescriptorWatch watch(loop, file, edges, DescriptorWatch::Mode::edge_both);
    CHECK_FALSE(watch.is_watching());
  }
  close(file);
}

TEST_CASE_FIXTURE(Fixture, "a signal is an event of the loop") {
  int signals = 0;
  {
    const SignalWatch watch(loop, SIGUSR1, [&] { ++signals; });
    REQUIRE(raise(SIGUSR1) == 0);
    CHECK(signals == 0);
    loop.turn(true);
    CHECK(signals == 1);
  }
}

}  // namespace
}  // namespace core

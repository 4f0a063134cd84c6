// The accounts of rate limits: bursts and paces exactly, threads, and strangers who fill the table.
#include "gateway/model/rate_table.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using gateway::Pace;
using gateway::RateTable;
using std::chrono::microseconds;

namespace {

constexpr Pace kTenASecond{100ms, 900ms};  // burst 10

struct Table {
  core::Random random;
  RateTable table{random};
  core::SteadyTime now{1h};

  microseconds take(std::uint64_t key, const Pace& pace = kTenASecond) { return table.take(key, pace, now); }
  bool passes(std::uint64_t key, const Pace& pace = kTenASecond) { return take(key, pace) == 0us; }
  int passing(std::uint64_t key, int tries, const Pace& pace = kTenASecond) {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += passes(key, pace) ? 1 : 0;
    return count;
  }
};

/// Keys of one set, all different in the part that tells them apart.
std::uint64_t key_of_set(std::uint64_t number) {
  return number << 49 | 77;
}

}  // namespace

TEST_CASE("a burst passes at once, then one request an interval, and nothing that is refused counts") {
  Table t;
  CHECK(t.passing(1, 1000) == 10);
  CHECK(t.take(1) == 100ms);
  t.now += 99ms;
  CHECK(t.take(1) == 1ms);
  t.now += 1ms;
  CHECK(t.passing(1, 5) == 1);
  t.now += 350ms;
  CHECK(t.passing(1, 5) == 3);
  t.now += 1h;
  CHECK(t.passing(1, 1000) == 10);
}

TEST_CASE("a burst of one is one request an interval") {
  Table t;
  const Pace pace{20ms, 0us};
  CHECK(t.passing(1, 5, pace) == 1);
  t.now += 19ms;
  CHECK(t.passing(1, 5, pace) == 0);
  t.now += 1ms;
  CHECK(t.passing(1, 5, pace) == 1);
}

TEST_CASE("over any time no more passes than burst and pace allow") {
  Table t;
  const auto begin = t.now;
  int passed = 0;
  for (int i = 0; i < 20'000; ++i) {
    passed += t.passing(5, 1 + i % 3);
    t.now += microseconds(1 + (i * 7919) % 9000);
  }
  const auto intervals = (t.now - begin) / 100ms;
  CHECK(passed <= 10 + intervals);
  CHECK(passed >= 10 + intervals - 1);
}

TEST_CASE("keys have accounts of their own") {
  Table t;
  CHECK(t.passing(key_of_set(1), 100) == 10);
  for (std::uint64_t i = 2; i <= 8; ++i) CHECK(t.passing(key_of_set(i), 100) == 10);
  CHECK(t.passing(78, 100) == 10);
}

TEST_CASE("threads on one account let no more through than one would, but one each at its opening") {
  for (int round = 0; round < 20; ++round) {
    Table t;
    const Pace pace{1s, 999s};  // burst 1000
    std::atomic<int> passed = 0;
    std::vector<std::thread> threads;
    constexpr int kThreads = 4;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] { passed += t.passing(9, 1000, pace); });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(passed >= 1000);
    CHECK(passed <= 1000 + kThreads - 1);
  }
}

TEST_CASE("pushing out an account takes a set full of accounts that owe even more") {
  Table t;
  const std::uint64_t mine = key_of_set(100);
  CHECK(t.passing(mine, 100) == 10);
  for (std::uint64_t other = 1; other <= 7; ++other) CHECK(t.passes(key_of_set(other)));
  // Many more who each ask once, in a set that is full: they push out each other, not the one who owes most.
  for (std::uint64_t other = 8; other < 40; ++other) (void)t.passes(key_of_set(other));
  CHECK_FALSE(t.passes(mine));
}

TEST_CASE("a set lets no more through than its places would, however many keys pass by") {
  Table t;
  int passed = 0;
  for (int round = 0; round < 50; ++round) {
    for (std::uint64_t key = 0; key < 200; ++key) passed += t.passes(key_of_set(key)) ? 1 : 0;
  }
  CHECK(passed == 8 * 10);
  t.now += 100ms;
  passed = 0;
  for (std::uint64_t key = 0; key < 200; ++key) passed += t.passes(key_of_set(key)) ? 1 : 0;
  CHECK(passed == 8);
}

TEST_CASE("debts of hours do not keep those out whose limits are of seconds") {
  Table t;
  const Pace hourly{6min, 54min};
  for (std::uint64_t key = 0; key < 8; ++key) CHECK(t.passing(key_of_set(key), 100, hourly) == 10);
  CHECK(t.passing(key_of_set(50), 100) == 10);
}

TEST_CASE("a worker whose clock lags behind sees the debt as well") {
  Table t;
  t.now += 10s;
  CHECK(t.passing(1, 100) == 10);
  t.now -= 10s;
  CHECK_FALSE(t.passes(1));
}

TEST_CASE("an account that nobody touched for months is none") {
  Table t;
  for (const auto pause : {24h * 60, 24h * 110, 24h * 150, 24h * 202}) {
    CHECK(t.passing(1, 100) == 10);
    t.now += pause;
  }
  CHECK(t.passing(1, 100) == 10);
}

// The accounts of rate limits: bursts and paces exactly, threads, and strangers who fill the table.
#include "gateway/model/rate_table.h"

#include <doctest/doctest.h>

#include <algorithm>
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
  RateTable table;
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

namespace {

constexpr Pace kShared{100ms, 900ms, true};

/// Two replicas that tell each other.
struct Replicas {
  RateTable one{RateTable::Sharing::on};
  RateTable other{RateTable::Sharing::on};
  core::SteadyTime now{1h};

  static int passing(RateTable& table, std::uint64_t key, int tries, core::SteadyTime now) {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += table.take(key, kShared, now) == 0us ? 1 : 0;
    return count;
  }
  void tell() {
    const gateway::RateDebts of_one = one.collect(1us);
    const gateway::RateDebts of_other = other.collect(1us);
    other.owe(of_one.debts, now);
    one.owe(of_other.debts, now);
  }
};

}  // namespace

TEST_CASE("what one replica let through is charged at the other, once") {
  Replicas r;
  CHECK(Replicas::passing(r.one, 5, 10, r.now) == 10);
  CHECK(Replicas::passing(r.other, 5, 4, r.now) == 4);
  r.tell();
  r.tell();
  CHECK(Replicas::passing(r.one, 5, 10, r.now) == 0);
  CHECK(Replicas::passing(r.other, 5, 10, r.now) == 0);
  CHECK(Replicas::passing(r.other, 6, 10, r.now) == 10);
  r.now += 1400ms;
  CHECK(Replicas::passing(r.one, 5, 99, r.now) == 10);
}

TEST_CASE("over a long time two replicas let through together what one would") {
  Replicas r;
  int passed = 0;
  for (int second = 0; second < 120; ++second) {
    for (int i = 0; i < 10; ++i) {
      r.now += 100ms;
      passed += Replicas::passing(r.one, 5, 3, r.now) + Replicas::passing(r.other, 5, 3, r.now);
    }
    r.tell();
  }
  CHECK(passed >= 1200);
  CHECK(passed <= 1200 + 2 * 10 + 2 * 10);  // the bursts, and the last round
}

TEST_CASE("what is not to be shared, or is little, is not told") {
  RateTable table(RateTable::Sharing::on);
  const core::SteadyTime now{1h};
  CHECK(table.take(1, kTenASecond, now) == 0us);
  CHECK(table.collect(1us).debts.empty());
  CHECK(table.take(2, kShared, now) == 0us);
  CHECK(table.collect(101ms).debts.empty());
  CHECK(table.take(2, kShared, now) == 0us);
  CHECK(table.take(2, kShared, now) == 0us);
  const gateway::RateDebts told = table.collect(101ms);
  REQUIRE(told.debts.size() == 1);
  CHECK(told.debts.front().amount == 200ms);
  CHECK(told.debts.front().window == 1000ms);
  RateTable alone;
  CHECK(alone.take(2, kShared, now) == 0us);
  CHECK(alone.collect(1us).debts.empty());
}

TEST_CASE("who takes another's place does not take what that one is to be told of") {
  RateTable table(RateTable::Sharing::on);
  const core::SteadyTime now{1h};
  // 77 is the set of all of these; the ninth takes the place of one of the eight.
  for (std::uint64_t number = 1; number <= 9; ++number)
    CHECK(table.take(key_of_set(number), {100ms, 900ms, number < 9}, now) == 0us);
  CHECK(table.collect(1us).debts.size() == 7);
}

TEST_CASE("of too many accounts those are told that take most of their windows") {
  RateTable table(RateTable::Sharing::on);
  const core::SteadyTime now{1h};
  const std::size_t many = RateTable::kMostDebts + 500;
  for (std::uint64_t key = 0; key < many; ++key) CHECK(table.take(key, kShared, now) == 0us);
  CHECK(table.take(3, kShared, now) == 0us);
  const gateway::RateDebts told = table.collect(1us);
  CHECK(told.debts.size() == RateTable::kMostDebts);
  CHECK(told.dropped == 500);
  CHECK(std::count_if(told.debts.begin(), told.debts.end(),
                      [](const gateway::RateDebt& debt) { return debt.amount == 200ms; }) == 1);
}

TEST_CASE("whatever a peer says, nothing is owed beyond a window and a minute, nor for what cannot be") {
  RateTable table(RateTable::Sharing::on);
  const core::SteadyTime now{1h};
  CHECK(table.take(5, kShared, now) == 0us);
  const gateway::RateDebt debt = table.collect(1us).debts.front();
  using Debt = gateway::RateDebt;
  for (const Debt& bad :
       {Debt{RateTable::kSets, debt.label, 1s, 1h}, Debt{debt.set, 1U << RateTable::kLabelBits, 1s, 1h},
        Debt{debt.set, debt.label, 0s, 1h}, Debt{debt.set, debt.label, microseconds::max(), 1h},
        Debt{debt.set, debt.label, -1s, 1h}, Debt{debt.set, debt.label, 1s, microseconds::min()},
        Debt{debt.set, debt.label, 1s, 0s}})
    table.owe({{bad}}, now);
  CHECK(table.take(5, kShared, now) == 0us);
  const std::vector<Debt> greedy(5, Debt{debt.set, debt.label, 1s, microseconds::max()});
  table.owe(greedy, now);
  CHECK(table.take(5, kShared, now) == 60s + 100ms);
  CHECK(table.take(5, kShared, now + 61s) == 0us);
}

// Which stacks are taken, of whom, and when.
#include "core/profile/cpu_sampler.h"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "core/profile/folded.h"

namespace core {
namespace {

/// Uses processor time until told otherwise.
__attribute__((noinline)) void be_busy_until(const std::atomic<bool>& is_over) {
  volatile unsigned number = 0;
  while (!is_over.load(std::memory_order_relaxed)) number = number + 1;
}

__attribute__((noinline)) void be_busy_unseen_until(const std::atomic<bool>& is_over) {
  volatile int number = 0;
  while (!is_over.load(std::memory_order_relaxed)) number = number == 0 ? 1 : 0;
}

__attribute__((noinline)) void be_busy_for_steps(int steps) {
  const std::clock_t end = std::clock() + steps * CLOCKS_PER_SEC / 100;
  while (std::clock() < end) {
  }
}

bool any_has(const std::vector<std::string>& lines, std::string_view words) {
  for (const std::string& line : lines) {
    if (line.contains(words)) return true;
  }
  return false;
}

TEST_CASE("a stack goes from the outermost function to the one that uses the time") {
  auto sampler = CpuSampler::start();
  REQUIRE(sampler);
  be_busy_for_steps(30);
  const Samples samples = (*sampler)->stop();
  CHECK(samples.stacks.size() >= 5);
  CHECK(samples.dropped == 0);
  const std::vector<std::string> lines = folded(samples.stacks, Symbols());
  CHECK(any_has(lines, "main;"));
  CHECK(any_has(lines, ";core::be_busy_for_steps"));
  CHECK_FALSE(any_has(lines, "on_step"));
}

TEST_CASE("other threads take part, those that block the signal do not") {
  std::atomic<bool> is_over = false;
  sigset_t none;
  sigemptyset(&none);
  sigaddset(&none, SIGPROF);
  pthread_sigmask(SIG_BLOCK, &none, nullptr);
  std::thread sheltered([&] { be_busy_unseen_until(is_over); });
  pthread_sigmask(SIG_UNBLOCK, &none, nullptr);
  std::thread other([&] { be_busy_until(is_over); });
  auto sampler = CpuSampler::start();
  REQUIRE(sampler);
  be_busy_for_steps(60);
  is_over = true;
  other.join();
  sheltered.join();
  const std::vector<std::string> lines = folded((*sampler)->stop().stacks, Symbols());
  CHECK(any_has(lines, "core::be_busy_until"));
  CHECK_FALSE(any_has(lines, "core::be_busy_unseen_until"));
}

TEST_CASE("one samples at a time, and nothing after the end") {
  auto first = CpuSampler::start();
  REQUIRE(first);
  auto second = CpuSampler::start();
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::conflict);
  first->reset();
  be_busy_for_steps(3);
  std::raise(SIGPROF);  // that was on its way
  auto third = CpuSampler::start();
  REQUIRE(third);
  (*third)->stop();
  be_busy_for_steps(10);
  CHECK((*third)->stop().stacks.size() <= 1);  // of its start
}

TEST_CASE("equal stacks are one line with their number, the most frequent first") {
  const Symbols symbols;
  const std::vector<std::string> lines = folded({{1, 2}, {3}, {1, 2}, {}}, symbols);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "0x2;0x1 2");
  CHECK(lines[1] == "0x3 1");
}

}  // namespace
}  // namespace core

#include "core/crypto/random.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>
#include <string>
#include <thread>

namespace {

TEST_CASE("ids have the promised form and do not repeat over many buffers") {
  core::Random random;
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) {
    const std::string id = random.id();
    CHECK(id.size() == 22);
    CHECK(id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
          std::string::npos);
    CHECK(seen.insert(id).second);
  }
  const std::string hex = random.hex_id();
  CHECK(hex.size() == 32);
  CHECK(hex.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(hex != random.hex_id());
}

TEST_CASE("pieces of every size are filled, also those larger than the buffer") {
  core::Random random;
  for (const std::size_t size : {1UL, 12UL, 4087UL, 4088UL, 4089UL, 100'000UL}) {
    std::string first(size + 16, '\0');
    std::string second(size + 16, '\0');
    random.fill(first);
    random.fill(second);
    CHECK(first != second);
  }
  std::array<char, 0> nothing{};
  random.fill(nothing);
}

TEST_CASE("numbers below a bound reach all values and stay below it") {
  core::Random random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t value = random.below(7);
    CHECK(value < 7);
    seen.insert(value);
  }
  CHECK(seen.size() == 7);
  CHECK(random.below(1) == 0);
}

TEST_CASE("a forked child does not hand out its parent's bytes") {
  core::Random random;
  (void)random.number();  // the buffer is filled
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::uint64_t value = random.number();
    _exit(write(ends[1], &value, sizeof value) == sizeof value ? 0 : 1);
  }
  std::uint64_t theirs = 0;
  REQUIRE(read(ends[0], &theirs, sizeof theirs) == sizeof theirs);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(theirs != random.number());
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("random_bytes gives as many as asked for") {
  CHECK(core::random_bytes(0).empty());
  CHECK(core::random_bytes(32).size() == 32);
  CHECK(core::random_bytes(32) != core::random_bytes(32));
}

}  // namespace

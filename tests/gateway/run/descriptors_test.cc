// What a limit of descriptors is good for.
#include "gateway/run/descriptors.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <limits>

namespace {

using gateway::automatic_connections;
using gateway::DescriptorUse;

constexpr DescriptorUse kUse{.workers = 2, .listening_sockets = 4};

}  // namespace

TEST_CASE("auto leaves each client a second descriptor for its origin, and the process its own") {
  struct Row {
    std::size_t limit;
    std::size_t connections;
    const char* why;
  };
  const Row rows[] = {
      {0, 8, "nothing at all: the least, and the error of who finds none"},
      {100, 8, "all of it is the process's own"},
      {256, 78, "256 less 100 that the process takes, by two"},
      {1024, 461, "a tenth is more than it takes"},
      {65'536, 29'491, "the unit's LimitNOFILE"},
      {524'288, 65'536, "as far as auto goes"},
      {std::numeric_limits<rlim_t>::max(), 65'536, "no limit"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const std::size_t connections = automatic_connections(row.limit, kUse);
    CHECK(connections == row.connections);
    if (connections > gateway::kLeastConnections)
      CHECK(gateway::descriptors_for(connections, kUse) <= row.limit);
  }
}

TEST_CASE("more workers and listeners leave less for clients") {
  CHECK(automatic_connections(1024, {.workers = 32, .listening_sockets = 64}) == (1024 - 64 - 512 - 64) / 2);
}

TEST_CASE("the soft limit is raised to the hard one") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low = before;
  low.rlim_cur = 64;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  CHECK(gateway::raise_descriptor_limit() == before.rlim_max);
  rlimit after{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &after) == 0);
  CHECK(after.rlim_cur == before.rlim_max);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

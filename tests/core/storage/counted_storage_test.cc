// What is counted of storage.
#include "core/storage/counted_storage.h"

#include <memory>

#include "tests/core/storage/storage_conformance.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

/// Gives no answer to anything but put.
class Broken final : public core::Storage {
 public:
  core::Flow<> put(std::string, core::StorageEntry) override { co_return core::done(); }
  core::Flow<core::StorageEntry> get(std::string) override { co_return failure(); }
  core::Flow<std::vector<std::string>> list(std::string) override { co_return failure(); }
  core::Flow<> remove(std::string) override { co_return failure(); }
  core::Flow<> lock(std::string, std::string, core::Duration) override { co_return failure(); }
  core::Flow<> unlock(std::string, std::string) override { co_return failure(); }

 private:
  static std::unexpected<core::Error> failure() {
    return core::failure(core::ErrorKind::unavailable, core::Side::storage, "away");
  }
};

struct Counted {
  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop{clock};
  core::StorageCounts counts;
};

TEST_CASE_FIXTURE(Counted, "storage that is counted keeps every rule of the interface") {
  const auto inner = core::make_memory_storage(clock);
  const auto storage = core::make_counted_storage(*inner, counts, clock);
  check_storage_conformance(
      {.storage = *storage, .clock = clock, .advance = [this](core::Duration time) { clock.advance(time); }});
}

TEST_CASE_FIXTURE(Counted, "an answer is no failure, and what gives none is one of its operation") {
  const auto memory = core::make_memory_storage(clock);
  const auto working = core::make_counted_storage(*memory, counts, clock);
  CHECK_FALSE(run(working->get("nothing")));
  REQUIRE(run(working->lock("l", "a", std::chrono::seconds(5))));
  CHECK_FALSE(run(working->lock("l", "b", std::chrono::seconds(5))));
  CHECK(counts[1].succeeded.value() == 1);
  CHECK(counts[4].succeeded.value() == 2);
  Broken broken;
  const auto away = core::make_counted_storage(broken, counts, clock);
  CHECK_FALSE(run(away->get("x")));
  CHECK(run(away->put("x", {})));
  CHECK_FALSE(run(away->list("")));
  CHECK_FALSE(run(away->remove("x")));
  CHECK_FALSE(run(away->unlock("l", "a")));
  CHECK(counts[0].succeeded.value() == 1);
  CHECK(counts[0].failed.value() == 0);
  for (const std::size_t operation : {1U, 2U, 3U, 5U}) CHECK(counts.at(operation).failed.value() == 1);
  core::HistogramSum gets;
  counts[1].durations.add_to(gets);
  CHECK(gets.counts[0] == 2);
}

}  // namespace
}  // namespace tests

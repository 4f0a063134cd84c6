#include "core/storage/counted_storage.h"

#include <string>
#include <utility>
#include <vector>

namespace core {
namespace {

enum class Operation : std::size_t { put, get, list, remove, lock, unlock };

class CountedStorage final : public Storage {
 public:
  CountedStorage(Storage& inner, StorageCounts& counts, const Clock& clock)
      : inner_(inner), counts_(counts), clock_(clock) {}

  Flow<> put(std::string key, StorageEntry entry) override {
    return counted(Operation::put, inner_.put(std::move(key), std::move(entry)));
  }
  Flow<StorageEntry> get(std::string key) override {
    return counted(Operation::get, inner_.get(std::move(key)));
  }
  Flow<std::vector<std::string>> list(std::string prefix) override {
    return counted(Operation::list, inner_.list(std::move(prefix)));
  }
  Flow<> remove(std::string key) override {
    return counted(Operation::remove, inner_.remove(std::move(key)));
  }
  Flow<> lock(std::string name, std::string holder, Duration lease) override {
    return counted(Operation::lock, inner_.lock(std::move(name), std::move(holder), lease));
  }
  Flow<> unlock(std::string name, std::string holder) override {
    return counted(Operation::unlock, inner_.unlock(std::move(name), std::move(holder)));
  }

 private:
  template <typename T>
  Flow<T> counted(Operation operation, Flow<T> flow) {
    const SteadyTime began = clock_.steady();
    Result<T> outcome = co_await attempt(std::move(flow));
    StorageOperationCounts& counts = counts_[static_cast<std::size_t>(operation)];
    const bool is_answer = outcome.has_value() || outcome.error().kind == ErrorKind::not_found ||
                           outcome.error().kind == ErrorKind::conflict;
    (is_answer ? counts.succeeded : counts.failed).add();
    counts.durations.note(std::chrono::duration<double>(clock_.steady() - began).count());
    co_return outcome;
  }

  Storage& inner_;
  StorageCounts& counts_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<Storage> make_counted_storage(Storage& inner, StorageCounts& counts, const Clock& clock) {
  return std::make_unique<CountedStorage>(inner, counts, clock);
}

}  // namespace core

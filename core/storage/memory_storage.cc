// Storage in this process's memory: for tests, `gateway demo`, and running without a directory. One thread.
#include <map>
#include <utility>

#include "core/storage/rules.h"
#include "core/storage/storage.h"

namespace core {
namespace {

class MemoryStorage final : public Storage {
 public:
  explicit MemoryStorage(const Clock& clock) : clock_(clock) {}

  Flow<> put(std::string key, StorageEntry entry) override {
    co_await check_storage_key(key);
    co_await check_storage_value(entry.value);
    entries_.insert_or_assign(std::move(key), std::move(entry));
    co_return done();
  }

  Flow<StorageEntry> get(std::string key) override {
    co_await check_storage_key(key);
    const StorageEntry* entry = find_live(key);
    if (entry == nullptr) co_return failure(ErrorKind::not_found, Side::storage, key + " is not stored");
    co_return *entry;
  }

  Flow<std::vector<std::string>> list(std::string prefix) override {
    const std::string beginning = co_await storage_prefix(prefix);
    std::vector<std::string> keys;
    for (auto it = entries_.lower_bound(beginning);
         it != entries_.end() && it->first.starts_with(beginning);) {
      if (is_live(it->second)) {
        keys.push_back(it->first);
        ++it;
      } else {
        it = entries_.erase(it);
      }
    }
    co_return keys;
  }

  Flow<> remove(std::string key) override {
    co_await check_storage_key(key);
    entries_.erase(key);
    co_return done();
  }

  Flow<> lock(std::string name, std::string holder, Duration lease) override {
    const std::string key = co_await storage_lock_key(name, holder, lease);
    const StorageEntry* held = find_live(key);
    if (held != nullptr && held->value != holder && lock_runs(held->expires, clock_.wall(), lease))
      co_return failure(lock_is_held(name, held->value));
    StorageEntry entry;
    entry.value = std::move(holder);
    entry.expires = clock_.wall() + lease;
    entries_.insert_or_assign(key, std::move(entry));
    co_return done();
  }

  Flow<> unlock(std::string name, std::string holder) override {
    const std::string key = co_await storage_lock_key(name, holder);
    const StorageEntry* held = find_live(key);
    if (held != nullptr && held->value == holder) entries_.erase(key);
    co_return done();
  }

 private:
  [[nodiscard]] bool is_live(const StorageEntry& entry) const {
    return !entry.expires.has_value() || *entry.expires > clock_.wall();
  }
  const StorageEntry* find_live(const std::string& key) {
    const auto it = entries_.find(key);
    if (it == entries_.end()) return nullptr;
    if (is_live(it->second)) return &it->second;
    entries_.erase(it);
    return nullptr;
  }

  const Clock& clock_;
  std::map<std::string, StorageEntry> entries_;
};

}  // namespace

std::unique_ptr<Storage> make_memory_storage(const Clock& clock) {
  return std::make_unique<MemoryStorage>(clock);
}

}  // namespace core

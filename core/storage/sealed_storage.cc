#include "core/storage/sealed_storage.h"

#include <fmt/format.h>

#include <utility>

namespace core {
namespace {

constexpr std::string_view kPrefix = "sealed:";
constexpr std::string_view kScope = "storage";
constexpr std::string_view kLocks = "locks/";
constexpr std::string_view kMark = "everything-is-sealed";

class SealedStorage final : public Storage {
 public:
  explicit SealedStorage(SealedStorageParts parts)
      : inner_(parts.inner), sealer_(parts.ring, Purpose::storage, parts.random) {}

  Flow<> put(std::string key, StorageEntry entry) override {
    if (entry.value.size() > kMaxSealedValueBytes) {
      co_return failure(ErrorKind::too_large, Side::storage,
                        fmt::format("a stored value of {} bytes: at most {} are allowed", entry.value.size(),
                                    kMaxSealedValueBytes));
    }
    std::string sealed = std::string(kPrefix) + sealer_.seal(entry.value, {key, kScope});
    wipe(entry.value);
    entry.value = std::move(sealed);
    co_await inner_.put(std::move(key), std::move(entry));
    co_return done();
  }

  Flow<StorageEntry> get(std::string key) override {
    StorageEntry entry = co_await inner_.get(key);
    Result<Opened> opened = open(key, entry.value);
    if (!opened) co_return failure(std::move(opened.error()));
    entry.value = opened->plaintext.reveal();
    co_return entry;
  }

  Flow<std::vector<std::string>> list(std::string prefix) override { return inner_.list(std::move(prefix)); }
  Flow<> remove(std::string key) override { return inner_.remove(std::move(key)); }
  Flow<> lock(std::string name, std::string holder, Duration lease) override {
    return inner_.lock(std::move(name), std::move(holder), lease);
  }
  Flow<> unlock(std::string name, std::string holder) override {
    return inner_.unlock(std::move(name), std::move(holder));
  }

 private:
  Result<Opened> open(std::string_view key, std::string_view value) {
    if (value.starts_with(kPrefix)) {
      Result<Opened> opened = sealer_.open(value.substr(kPrefix.size()), {key, kScope});
      if (opened) return opened;
    }
    return failure(
        ErrorKind::unverified, Side::storage,
        fmt::format("the entry {} is not sealed under a storage_key of the file: give the key it was "
                    "sealed under as a further one, or remove the entry",
                    key));
  }

  Storage& inner_;
  Sealer sealer_;
};

Flow<bool> seal_entry(Storage& inner, Storage& sealed, std::string key) {
  Result<StorageEntry> entry = co_await attempt(inner.get(key));
  if (!entry && entry.error().kind == ErrorKind::not_found) co_return false;  // expired meanwhile
  if (!entry) co_await failure(entry.error());
  if (entry->value.starts_with(kPrefix)) co_return false;
  co_await sealed.put(std::move(key), std::move(*entry));
  co_return true;
}

}  // namespace

std::unique_ptr<Storage> make_sealed_storage(SealedStorageParts parts) {
  return std::make_unique<SealedStorage>(std::move(parts));
}

/// One that cannot be opened is an error: another key than the one that made it.
Flow<bool> is_sealed(Storage& sealed) {
  const Result<StorageEntry> mark = co_await attempt(sealed.get(std::string(kMark)));
  if (mark) co_return true;
  if (mark.error().kind != ErrorKind::not_found) co_await failure(mark.error());
  co_return false;
}

Flow<> seal_what_is_stored(Storage& inner, Storage& sealed, const Log& log) {
  const bool is_done = co_await is_sealed(sealed);
  if (is_done) co_return done();
  std::vector<std::string> keys = co_await inner.list(std::string());
  std::size_t count = 0;
  for (std::string& key : keys) {
    if (key.starts_with(kLocks)) continue;
    const bool was_clear = co_await seal_entry(inner, sealed, std::move(key));
    if (was_clear) ++count;
  }
  StorageEntry mark;
  mark.value = "1";
  co_await sealed.put(std::string(kMark), std::move(mark));
  if (count > 0) log.info("storage: what was stored in the clear is sealed now", {{"entries", count}});
  co_return done();
}

}  // namespace core

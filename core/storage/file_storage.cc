// Storage in a directory: one file an entry, named by its key with "+entry" at the end, so that a key may be
// the beginning of another. A file whose header or checksum does not fit is renamed to "+damaged" and
// reported once by get().
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "core/storage/directory.h"
#include "core/storage/entry_file.h"
#include "core/storage/rules.h"
#include "core/storage/storage.h"

namespace core {
namespace {

constexpr std::string_view kEntrySuffix = "+entry";
constexpr std::string_view kDamagedSuffix = "+damaged";
constexpr std::size_t kMaxFileBytes = kMaxStorageValueBytes + kMaxEntryHeaderBytes;

class FileStorage final : public Storage {
 public:
  FileStorage(std::string root, const Clock& clock) : root_(std::move(root)), clock_(clock) {}

  /// Removes what expired and what a crash left half-written. Requires: the directory is locked.
  void sweep() {
    remove_temporaries(root_);
    const Result<std::vector<std::string>> keys = files_below(root_, "", kEntrySuffix);
    if (keys) remove_expired(*keys);
    remove_empty_directories(root_);
  }

  Flow<> put(std::string key, StorageEntry entry) override {
    co_await check_storage_key(key);
    co_await check_storage_value(entry.value);
    co_return write_alone(key, entry);
  }

  Flow<StorageEntry> get(std::string key) override {
    co_await check_storage_key(key);
    co_return read_or_tidy(key);
  }

  Flow<std::vector<std::string>> list(std::string prefix) override {
    const std::string beginning = co_await storage_prefix(prefix);
    co_return live_keys(beginning.substr(0, beginning.empty() ? 0 : beginning.size() - 1));
  }

  Flow<> remove(std::string key) override {
    co_await check_storage_key(key);
    co_return remove_alone(key);
  }

  Flow<> lock(std::string name, std::string holder, Duration lease) override {
    const std::string key = co_await storage_lock_key(name, holder, lease);
    co_return take_lock(name, key, std::move(holder), lease);
  }

  Flow<> unlock(std::string name, std::string holder) override {
    const std::string key = co_await storage_lock_key(name, holder);
    co_return give_back(key, holder);
  }

 private:
  [[nodiscard]] std::string path_of(std::string_view key) const {
    return fmt::format("{}/{}{}", root_, key, kEntrySuffix);
  }

  Result<Done> write_alone(const std::string& key, const StorageEntry& entry) {
    const Result<Descriptor> exclusive = lock_directory(root_);
    if (!exclusive) return failure(exclusive.error());
    return write_durably(root_, path_of(key), entry_to_text(entry));
  }

  /// Under the lock no writer has just made a directory that would be taken from under its hands.
  [[nodiscard]] Result<Done> remove_alone(const std::string& key) const {
    const std::string path = path_of(key);
    const Result<Descriptor> exclusive = lock_directory(root_);
    Result<Done> removed = remove_durably(path);
    if (removed && exclusive) remove_empty_parents(root_, path);
    return removed;
  }

  // `malformed`: the file is damaged. An expired entry is not_found, and still there.
  [[nodiscard]] Result<StorageEntry> read_entry(const std::string& key) const {
    const std::string path = path_of(key);
    Result<std::optional<std::string>> text = read_file(path, kMaxFileBytes + 1);
    if (!text) return failure(std::move(text.error()));
    const std::string not_there = key + " is not stored";
    if (!text->has_value()) return failure(ErrorKind::not_found, Side::storage, not_there);
    std::optional<StorageEntry> entry = entry_from_text(**text);
    if (!entry) return failure(ErrorKind::malformed, Side::storage, path + " is damaged");
    if (entry->expires && *entry->expires <= clock_.wall()) {
      return failure(ErrorKind::not_found, Side::storage, not_there);
    }
    return std::move(*entry);
  }

  Result<StorageEntry> read_or_tidy(const std::string& key) {
    Result<StorageEntry> entry = read_entry(key);
    if (entry || entry.error().kind != ErrorKind::malformed) return entry;
    // Another process may have replaced it by now: look again with all writers held off.
    const Result<Descriptor> exclusive = lock_directory(root_);
    if (!exclusive) return entry;
    entry = read_entry(key);
    if (!entry && entry.error().kind == ErrorKind::malformed) return failure(set_aside(path_of(key)));
    return entry;
  }

  // Evidence is kept, but out of the way: the next get says not_found and the owner of the key makes it anew.
  static Error set_aside(const std::string& path) {
    const std::string aside = path.substr(0, path.size() - kEntrySuffix.size()) + std::string(kDamagedSuffix);
    if (std::rename(path.c_str(), aside.c_str()) != 0)
      return disk_error("set aside the damaged", path, errno);
    return Error{
        ErrorKind::malformed, Side::storage,
        fmt::format("{} is damaged and was set aside as {}; look at the disk, then remove it", path, aside)};
  }

  /// Requires: the directory is locked, so that none of them is replaced meanwhile.
  void remove_expired(const std::vector<std::string>& keys) const {
    for (const std::string& key : keys) {
      const Result<std::optional<std::string>> head = read_file(path_of(key), kMaxEntryHeaderBytes);
      if (!head || !*head || !entry_has_expired(**head, clock_.wall())) continue;
      ::unlink(path_of(key).c_str());
      remove_empty_parents(root_, path_of(key));
    }
  }

  /// Expired entries go on the way: a process that runs for months must not gather them.
  [[nodiscard]] Result<std::vector<std::string>> live_keys(const std::string& below) const {
    Result<std::vector<std::string>> keys = files_below(root_, below, kEntrySuffix);
    if (!keys) return keys;
    std::vector<std::string> expired;
    std::erase_if(*keys, [&](const std::string& key) {
      if (!check_storage_key(key)) return true;
      const Result<std::optional<std::string>> head = read_file(path_of(key), kMaxEntryHeaderBytes);
      if (!head || !head->has_value()) return true;
      const bool has_expired = entry_has_expired(**head, clock_.wall());
      if (has_expired) expired.push_back(key);
      return has_expired;
    });
    if (expired.empty()) return keys;
    if (const Result<Descriptor> exclusive = lock_directory(root_)) remove_expired(expired);
    return keys;
  }

  Result<Done> take_lock(const std::string& name, const std::string& key, std::string holder,
                         Duration lease) {
    const Result<Descriptor> exclusive = lock_directory(root_);
    if (!exclusive) return failure(exclusive.error());
    const Result<StorageEntry> held = read_entry(key);
    if (held && held->value != holder && lock_runs(held->expires, clock_.wall(), lease))
      return failure(lock_is_held(name, held->value));
    if (!held && held.error().kind == ErrorKind::unavailable) return failure(held.error());
    StorageEntry entry;
    entry.value = std::move(holder);
    entry.expires = clock_.wall() + lease;
    return write_durably(root_, path_of(key), entry_to_text(entry));
  }

  Result<Done> give_back(const std::string& key, const std::string& holder) {
    const Result<Descriptor> exclusive = lock_directory(root_);
    if (!exclusive) return failure(exclusive.error());
    const Result<StorageEntry> held = read_entry(key);
    if (held && held->value == holder) return remove_durably(path_of(key));
    if (!held && held.error().kind == ErrorKind::unavailable) return failure(held.error());
    return done();
  }

  std::string root_;
  const Clock& clock_;
};

}  // namespace

Result<std::unique_ptr<Storage>> open_file_storage(const std::string& directory, const Clock& clock) {
  std::string root = directory;
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  if (root.empty()) {
    return failure(ErrorKind::malformed, Side::configuration, "`storage` is empty; name a directory");
  }
  if (Result<Done> ready = prepare_directory(root); !ready) return failure(std::move(ready.error()));
  const Result<Descriptor> exclusive = lock_directory(root);
  if (!exclusive) return failure(exclusive.error());
  // Finds a read-only or full disk now and not at the first renewal.
  const std::string probe = root + "/+probe";
  if (Result<Done> written = write_durably(root, probe, "probe"); !written) {
    return failure(std::move(written.error()));
  }
  ::unlink(probe.c_str());
  auto storage = std::make_unique<FileStorage>(root, clock);
  storage->sweep();
  return storage;
}

}  // namespace core

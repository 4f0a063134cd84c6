#include "gateway/run/replica_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/clock.h"

namespace gateway {
namespace {

constexpr core::Duration kLease = std::chrono::seconds(10);
constexpr std::size_t kIdBytes = 32;

bool is_id(std::string_view text) {
  return text.size() == kIdBytes && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Empty where it is not what change() writes: an id a line.
std::vector<std::string> ids_of(std::string_view text) {
  std::vector<std::string> ids;
  while (!text.empty()) {
    const std::string_view id = text.substr(0, text.find('\n'));
    if (!is_id(id) || ids.size() == ReplicaList::kMost || text.size() == id.size()) return {};
    ids.emplace_back(id);
    text.remove_prefix(id.size() + 1);
  }
  return ids;
}

bool contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

ReplicaList::ReplicaList(core::Storage& storage, std::string key, std::string id)
    : storage_(storage), key_(std::move(key)), id_(std::move(id)) {}

core::Flow<std::vector<std::string>> ReplicaList::read() {
  const core::Result<core::StorageEntry> entry = co_await core::attempt(storage_.get(key_));
  if (entry) co_return ids_of(entry->value);
  if (entry.error().kind == core::ErrorKind::unavailable) co_return core::failure(entry.error());
  co_return std::vector<std::string>();  // not there, or damaged
}

core::Flow<std::vector<std::string>> ReplicaList::look(std::set<std::string> gone) {
  std::vector<std::string> ids = co_await read();
  const auto is_gone = [&](const std::string& id) { return gone.contains(id); };
  if (contains(ids, id_) && std::none_of(ids.begin(), ids.end(), is_gone)) co_return without_this(ids);
  const core::Result<core::Done> locked = co_await core::attempt(storage_.lock(key_, id_, kLease));
  if (!locked && locked.error().kind == core::ErrorKind::conflict) co_return without_this(ids);
  if (!locked) co_return core::failure(locked.error());
  core::Result<std::vector<std::string>> changed = co_await core::attempt(change(std::move(gone)));
  co_await core::attempt(storage_.unlock(key_, id_));
  if (!changed) co_return core::failure(std::move(changed.error()));
  co_return without_this(*changed);
}

core::Flow<std::vector<std::string>> ReplicaList::change(std::set<std::string> gone) {
  std::vector<std::string> ids = co_await read();
  std::erase_if(ids, [&](const std::string& id) { return gone.contains(id); });
  if (!contains(ids, id_)) {
    if (ids.size() == kMost) {
      co_return core::failure(
          core::ErrorKind::refused, core::Side::storage,
          fmt::format("{} replicas use this storage already; give others a storage of their own", kMost));
    }
    ids.push_back(id_);
  }
  core::StorageEntry entry;
  for (const std::string& id : ids) entry.value.append(id).push_back('\n');
  co_await storage_.put(key_, std::move(entry));
  co_return ids;
}

std::vector<std::string> ReplicaList::without_this(const std::vector<std::string>& ids) const {
  std::vector<std::string> others = ids;
  std::erase(others, id_);
  return others;
}

}  // namespace gateway

// The replicas that share a storage, by their ids: one entry, changed under a lock. Each tells something
// under its own id; whoever does not is taken off by the others.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/loop/flow.h"
#include "core/storage/storage.h"

namespace gateway {

class ReplicaList {
 public:
  static constexpr std::size_t kMost = 64;

  /// `key` of the entry, whose name is the lock's as well. `id` is core::Random::hex_id's. `storage` is
  /// borrowed.
  ReplicaList(core::Storage& storage, std::string key, std::string id);

  /// The others. Puts this one on the list where it is missing and takes `gone` off; where another holds the
  /// lock that waits until the next look. An entry that is no such list is begun anew. Fails if storage does,
  /// and where kMost others are there already.
  core::Flow<std::vector<std::string>> look(std::set<std::string> gone);

  [[nodiscard]] const std::string& id() const { return id_; }

 private:
  core::Flow<std::vector<std::string>> read();
  core::Flow<std::vector<std::string>> change(std::set<std::string> gone);
  [[nodiscard]] std::vector<std::string> without_this(const std::vector<std::string>& ids) const;

  core::Storage& storage_;
  std::string key_;
  std::string id_;
};

}  // namespace gateway

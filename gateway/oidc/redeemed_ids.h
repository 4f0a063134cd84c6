// Ids of tickets and sign-in attempts that were used, so that none is used twice in this process while it
// would still open. Shared by all workers. Bounded: the oldest is forgotten first, which costs nothing but
// this second check (a ticket is still bound to its browser's cookie and to its time; a code is still refused
// by its provider).
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/base/clock.h"

namespace gateway {

/// From any thread.
class RedeemedIds {
 public:
  static constexpr std::size_t kCapacity = 65'536;
  explicit RedeemedIds(std::size_t capacity = kCapacity) : capacity_(capacity) {}

  /// True the first time within `lifetime`.
  bool redeem(std::string_view id, core::WallTime now, std::chrono::seconds lifetime);

 private:
  struct Used {
    std::string id;
    core::WallTime until;
  };
  std::size_t capacity_;
  std::mutex mutex_;
  std::deque<Used> in_order_;
  std::unordered_set<std::string> ids_;
};

}  // namespace gateway

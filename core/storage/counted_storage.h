// Storage whose operations are counted and timed, by what was asked of it and whether it could be done.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/metrics.h"
#include "core/storage/storage.h"

namespace core {

inline constexpr std::array<std::string_view, 6> kStorageOperations{"put",    "get",  "list",
                                                                    "remove", "lock", "unlock"};
/// Seconds: a disk's millisecond to a server that is about to time out.
inline constexpr std::array<double, 9> kStorageBounds{0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};

struct StorageOperationCounts {
  Counter succeeded;  ///< an answer was had, that there is no such entry or another holds the lock too
  Counter failed;
  Histogram durations{kStorageBounds};  ///< of both
};

/// By place in kStorageOperations. Of one loop; operations that nobody waited for to the end are not counted.
using StorageCounts = std::array<StorageOperationCounts, kStorageOperations.size()>;

/// All are borrowed.
std::unique_ptr<Storage> make_counted_storage(Storage& inner, StorageCounts& counts, const Clock& clock);

}  // namespace core

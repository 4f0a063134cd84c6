// The storage that gateway.yaml names: an explicit factory.
#pragma once

#include <memory>

#include "config/types.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"
#include "gateway/run/network_lease.h"

namespace gateway {

/// What storages need of the process; all borrowed.
struct StorageParts {
  core::Loop& loop;
  NetworkLease& network;
  core::Random& random;
  const core::Clock& clock;
  const core::Log& log;
};

/// A storage, and the one underneath where it is sealed.
struct OpenedStorage {
  std::unique_ptr<core::Storage> inner;    ///< null: nothing is sealed
  std::unique_ptr<core::Storage> entries;  ///< what everybody uses
};

/// Whether anything has to outlive a restart, or is shared by replicas: not where nobody can sign in, nothing
/// is issued, and no storage for replicas is configured.
bool must_keep_entries(const config::Config& config);

/// Errors are one sentence with the mend. A server that cannot be reached is no error here, but of its first
/// use.
core::Result<OpenedStorage> open_storage(const config::Storage& storage, const StorageParts& parts);

/// The Redis server of one key of gateway.yaml, which errors name.
core::Result<std::unique_ptr<core::Storage>> open_redis(const config::RedisAddress& address,
                                                        std::string_view key, const StorageParts& parts);

}  // namespace gateway

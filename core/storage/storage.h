// One key-value seam for everything that outlives a restart or is shared by replicas: keys, revocations,
// approvals, certificates. Implementations: a directory, memory, Redis, Kubernetes Secrets.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/loop/flow.h"

namespace core {

class Connector;
class Loop;
struct RedisServer;

struct StorageEntry {
  std::string value;
  std::optional<WallTime> expires;
};

/// Keys are slash-separated words of [a-z0-9._-], never empty, no "." or ".." words, at most 200 bytes;
/// others are refused as malformed. Values are at most 1 MiB. A prefix is empty or a key, with or without a
/// slash at its end: what is listed are the keys below it, not itself.
/// MUST: put replaces atomically and is durable when the flow ends; an expired entry is never returned by get
/// or list, and takes no room for ever: listing it removes it, at once or some time later; list returns the
/// full keys below `prefix` in byte order; a failed operation changes nothing; every operation is cancellable
/// by destroying its flow. Errors have Side::storage and say what and where; an entry that was damaged is an
/// error of kind malformed once and not_found from then on; an answer that says nothing of what is stored is
/// unavailable, with Retry::later.
class Storage {
 public:
  virtual ~Storage() = default;
  virtual Flow<> put(std::string key, StorageEntry entry) = 0;
  /// not_found if there is no such entry or it has expired.
  virtual Flow<StorageEntry> get(std::string key) = 0;
  virtual Flow<std::vector<std::string>> list(std::string prefix) = 0;
  /// Removing what is not there is no error.
  virtual Flow<> remove(std::string key) = 0;
  /// Takes the named lock for `lease`, conflict if another holder's lease runs. Taking it again with the same
  /// `holder` renews. A lease that would run for more than twice `lease` was written by a wrong clock: ended.
  virtual Flow<> lock(std::string name, std::string holder, Duration lease) = 0;
  /// Releases the lock if `holder` has it; another's stays, which is no error.
  virtual Flow<> unlock(std::string name, std::string holder) = 0;
};

/// A directory, one file an entry (0600, directories 0700), written by rename. Owned by this process's user
/// or refused. Errors say the path and how to mend it. Blocks on the disk: for control's loop and start-up,
/// never a worker's.
Result<std::unique_ptr<Storage>> open_file_storage(const std::string& directory, const Clock& clock);
std::unique_ptr<Storage> make_memory_storage(const Clock& clock);
/// A Redis server, shared by replicas; keys stand under `prefix` there. Connects when first used. `connector`
/// speaks TLS for rediss. Errors are `unavailable` with Retry::later while the server cannot be reached or
/// does not answer.
std::unique_ptr<Storage> make_redis_storage(Loop& loop, Connector& connector, RedisServer server,
                                            std::string prefix, const Clock& clock);

}  // namespace core

// What every implementation of Storage refuses the same way: keys, values and locks outside the contract.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/storage/storage.h"

namespace core {

inline constexpr std::size_t kMaxStorageKeyBytes = 200;
inline constexpr std::size_t kMaxStorageValueBytes = 1024UL * 1024;
inline constexpr std::size_t kMaxLockHolderBytes = 200;

/// Slash-separated words of [a-z0-9._-], none empty, "." or "..".
Result<Done> check_storage_key(std::string_view key);
Result<Done> check_storage_value(std::string_view value);
/// A prefix of list(): empty, or a key with or without a slash at its end. Gives the beginning that listed
/// keys share: empty, or with the slash.
Result<std::string> storage_prefix(std::string_view prefix);
/// The key of a lock: locks/NAME. Refuses an empty or too long holder and a lease that is not positive.
Result<std::string> storage_lock_key(std::string_view name, std::string_view holder);
Result<std::string> storage_lock_key(std::string_view name, std::string_view holder, Duration lease);
/// Whether a lock that was taken until then holds off who would have it for `lease`. One that would run for
/// more than twice as long was written by a clock that was ahead, and would hold everybody off until then.
bool lock_runs(std::optional<WallTime> until, WallTime now, Duration lease);
/// The error for a lock whose lease runs.
Error lock_is_held(std::string_view name, std::string_view holder);

}  // namespace core

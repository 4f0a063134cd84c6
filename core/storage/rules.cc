#include "core/storage/rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace core {
namespace {

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool is_word(std::string_view word) {
  return !word.empty() && word != "." && word != ".." && std::ranges::all_of(word, is_key_character);
}

/// Of a lock's lease. No holder has more than one left, unless its clock was ahead.
constexpr int kMostLeasesAhead = 2;

// Keys may come from names that somebody else chose: only what is harmless in a log is repeated.
std::string shown(std::string_view text) {
  std::string safe(text.substr(0, kMaxStorageKeyBytes));
  std::ranges::replace_if(safe, [](char c) { return c < ' ' || c > '~'; }, '?');
  return safe;
}

}  // namespace

Result<Done> check_storage_key(std::string_view key) {
  if (key.size() > kMaxStorageKeyBytes) {
    return failure(
        ErrorKind::malformed, Side::storage,
        fmt::format("a storage key of {} bytes: at most {} are allowed", key.size(), kMaxStorageKeyBytes));
  }
  std::size_t begin = 0;
  while (begin <= key.size()) {
    const std::size_t slash = std::min(key.find('/', begin), key.size());
    if (!is_word(key.substr(begin, slash - begin))) {
      return failure(ErrorKind::malformed, Side::storage,
                     fmt::format("\"{}\" is no storage key: words of a-z 0-9 . _ - with slashes between them",
                                 shown(key)));
    }
    begin = slash + 1;
  }
  return done();
}

Result<Done> check_storage_value(std::string_view value) {
  if (value.size() <= kMaxStorageValueBytes) return done();
  return failure(
      ErrorKind::too_large, Side::storage,
      fmt::format("a stored value of {} bytes: at most {} are allowed", value.size(), kMaxStorageValueBytes));
}

Result<std::string> storage_prefix(std::string_view prefix) {
  if (prefix.empty()) return std::string();
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (Result<Done> valid = check_storage_key(prefix); !valid) return failure(std::move(valid.error()));
  return std::string(prefix) + "/";
}

Result<std::string> storage_lock_key(std::string_view name, std::string_view holder) {
  std::string key = fmt::format("locks/{}", name);
  if (Result<Done> valid = check_storage_key(key); !valid) return failure(std::move(valid.error()));
  if (holder.empty() || holder.size() > kMaxLockHolderBytes) {
    return failure(ErrorKind::malformed, Side::storage,
                   fmt::format("lock {}: a lock needs a holder of 1 to {} bytes", name, kMaxLockHolderBytes));
  }
  return key;
}

Result<std::string> storage_lock_key(std::string_view name, std::string_view holder, Duration lease) {
  if (lease > Duration::zero()) return storage_lock_key(name, holder);
  return failure(ErrorKind::malformed, Side::storage,
                 fmt::format("lock {}: a lock needs a lease above zero", shown(name)));
}

bool lock_runs(std::optional<WallTime> until, WallTime now, Duration lease) {
  return until && *until > now && *until - now <= kMostLeasesAhead * lease;
}

Error lock_is_held(std::string_view name, std::string_view holder) {
  return Error{ErrorKind::conflict, Side::storage, fmt::format("lock {} is held by {}", name, shown(holder)),
               Retry::later};
}

}  // namespace core

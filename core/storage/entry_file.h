// One entry as the bytes of one file: a header line with expiry, length and checksum, then the value. The
// checksum finds torn writes, failing disks and editors; it is no protection against somebody who may write
// the directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/storage/storage.h"

namespace core {

/// The header line is at most this long, its line end included.
inline constexpr std::size_t kMaxEntryHeaderBytes = 160;

std::string entry_to_text(const StorageEntry& entry);
/// Nothing if `text` is not exactly what entry_to_text() makes.
std::optional<StorageEntry> entry_from_text(std::string_view text);
/// Whether the entry that begins with `head` (at least its header line) has expired; false if it cannot be
/// told.
bool entry_has_expired(std::string_view head, WallTime now);

}  // namespace core

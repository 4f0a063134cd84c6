// What a cheap look at a file tells: whether it is still the one that was read. Not what is in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace config {

/// Two equal stamps of one path: the same bytes, as far as a file system tells. A file that was renamed into
/// place or that a symbolic link now leads to has another inode; a change in place moves the times; a change
/// of mode moves the time of change.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t bytes = 0;
  std::int64_t modified_ns = 0;  ///< since 1970
  std::int64_t changed_ns = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// Follows symbolic links. Nothing when there is no such file, or no way to it.
std::optional<FileStamp> stamp_of(const std::string& path);

}  // namespace config

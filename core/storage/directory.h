// The system calls of file_storage, with errors an operator can act on: atomic durable writes, reads that
// follow no link, one directory with all its entries locked against other processes. Blocks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/loop/flow.h"

namespace core {

/// Closes a descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

/// "cannot <activity> <path>: <reason>; <how to mend it>"
Error disk_error(std::string_view activity, const std::string& path, int error_number);

/// Makes the directory and those above it (0700) if they are missing; refuses one of another user, or that
/// others may write to.
Result<Done> prepare_directory(const std::string& path);
/// Replaces `path` by `text`: written beside it, synced, renamed, directory synced. Mode 0600. Makes missing
/// directories below `root`.
Result<Done> write_durably(const std::string& root, const std::string& path, std::string_view text);
/// At most `limit` bytes of a regular file of this user; nothing if there is none.
Result<std::optional<std::string>> read_file(const std::string& path, std::size_t limit);
/// Removing what is not there is no error.
Result<Done> remove_durably(const std::string& path);
/// Removes directories above `path` that are empty, but none that stands in `root` itself: those are used
/// again and again. Requires: lock_directory(root) is held, and all writers hold it.
void remove_empty_parents(const std::string& root, const std::string& path);
/// The same of all that are below `root`.
void remove_empty_directories(const std::string& root);
/// Paths below `root` of regular files that end in `suffix`, without both, in byte order.
Result<std::vector<std::string>> files_below(const std::string& root, const std::string& below,
                                             std::string_view suffix);
/// Removes what writers that died left behind. Requires: lock_directory(root) is held, and all writers hold
/// it.
void remove_temporaries(const std::string& root);
/// Holds the other processes that use the directory off until the descriptor closes.
Result<Descriptor> lock_directory(const std::string& root);

}  // namespace core

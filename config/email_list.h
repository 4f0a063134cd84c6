// Lists of e-mail addresses and of groups as policies name them, written out or in a file: one a line, #
// begins a comment. Read at the start by the loader, and again by whoever follows the file. Whom an entry
// matches is gateway/guard's business.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace config {

inline constexpr std::size_t kMaxEmailFileBytes = 4UL * 1024 * 1024;

/// An address in lower case. Not stricter than it must be: an address that is not plain matches nobody.
core::Result<std::string> parse_listed_email(std::string_view text);
/// Sorts, drops what stands twice.
void make_set(std::vector<std::string>& list);

/// What the lines of a file are.
enum class ListKind { emails, groups };

struct ListFile {
  std::vector<std::string> entries;  ///< sorted, each once; e-mails lower-cased, groups byte for byte
  std::vector<std::string>
      errors;  ///< "PATH: line 3: expected an e-mail address"; the list is not to be used
};

/// Fails as read_file does. In a list of groups # begins a comment at the beginning of a line or after a
/// blank.
core::Result<ListFile> read_list_file(const std::string& path, ListKind kind);

}  // namespace config

// Small files that a configuration names: secrets, lists of addresses. Whole or not at all; never a device or
// a pipe that could keep the start waiting.
#pragma once

#include <cstddef>
#include <string>

#include "core/base/result.h"

namespace config {

/// The bytes of a regular file. The error says why and what to do: "cannot read PATH: No such file or
/// directory".
core::Result<std::string> read_file(const std::string& path, std::size_t max_bytes);
/// Fails as read_file would, without reading: the path leads to a regular file that this process may open.
core::Result<std::string> check_file(const std::string& path);

/// Whether every user of the machine may read the file. False too if there is none.
bool is_readable_by_all(const std::string& path);

}  // namespace config

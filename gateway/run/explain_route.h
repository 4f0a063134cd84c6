// Which route takes a request, and why the others do not: found by the router itself, which is asked about
// each of them alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/types.h"
#include "core/http/fields.h"
#include "core/text/json.h"
#include "gateway/model/route.h"

namespace gateway {

/// An entry of the router: a route of the file, or what is excepted from one. Borrows the Config.
struct FileEntry {
  const config::Route& route;
  const config::PathPattern& path;
  const config::Access& access;
  const std::vector<std::string>& methods;
  int line = 0;
  bool is_except = false;
};

/// In the order of the file, each route before its excepts.
std::vector<FileEntry> entries_of(const config::Config& config);
/// The one that `found`, which the router gave, was made of; null for a path of our own.
const FileEntry* entry_of(const std::vector<FileEntry>& entries, const Route& found);

/// What stands for the same host, or for one that would do, and does not take the request: a list of {route,
/// line, why}. `path` in normal form; `winner` null: none takes it.
core::Json passed_over(const std::vector<FileEntry>& entries, std::string_view host, std::string_view path,
                       const core::Fields& fields, const FileEntry* winner);

}  // namespace gateway

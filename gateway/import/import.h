// `gateway import` without its files and its terminal: texts of other programs in, a gateway.yaml out.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "gateway/import/documents.h"

namespace gateway {

struct ImportOutcome {
  std::string text;                 ///< gateway.yaml; empty if there are errors
  std::vector<ImportNote> notes;    ///< what was not carried over
  std::vector<std::string> errors;  ///< file:line:column: error: …, as config::render
};

/// The formats that --from takes, "auto" first.
std::span<const std::string_view> import_formats();

/// Reads all files together. `from`: one of import_formats(); another than auto takes every file for its own.
ImportOutcome import_files(const std::vector<ImportFile>& files, std::string_view from);

}  // namespace gateway

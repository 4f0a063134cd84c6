#include "gateway/run/journal.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <optional>
#include <string>

namespace gateway {

core::LogPrefix journal_prefix(const config::Environment& environment, int descriptor) {
  const std::optional<std::string> stream = environment.variable("JOURNAL_STREAM");
  struct stat found{};
  if (!stream || ::fstat(descriptor, &found) != 0) return core::LogPrefix::none;
  const bool is_it = *stream == fmt::format("{}:{}", found.st_dev, found.st_ino);
  return is_it ? core::LogPrefix::priority : core::LogPrefix::none;
}

}  // namespace gateway

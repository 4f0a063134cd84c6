#include "core/kubernetes/line_reader.h"

#include <algorithm>
#include <utility>

namespace core {

Result<void> LineReader::take(std::string_view bytes, const OnLine& on_line) {
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    if (end > most_bytes_ - begun_.size())
      return failure(ErrorKind::too_large, Side::us, "a line is too long");
    if (end == bytes.size()) {
      begun_.append(bytes);
      return {};
    }
    const std::string begun = std::exchange(begun_, std::string());
    std::string_view line = bytes.substr(0, end);
    const std::string whole = begun.empty() ? std::string() : begun + std::string(line);
    if (!begun.empty()) line = whole;
    bytes.remove_prefix(end + 1);
    if (line.empty()) continue;
    Result<void> taken = on_line(line);
    if (!taken) return taken;
  }
  return {};
}

}  // namespace core

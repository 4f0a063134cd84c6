#include "config/yaml_writer.h"

#include <cstdint>

#include "core/base/log.h"

namespace config {

std::string quoted(std::string_view text) {
  std::string literal;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) literal.push_back('$');
    literal.push_back(text[i]);
  }
  std::string out = "\"";
  core::append_json_escaped(out, literal);
  return out + "\"";
}

std::string list_of(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) out.append(out.size() > 1 ? ", " : "").append(quoted(item));
  return out + "]";
}

std::string duration_text(std::chrono::milliseconds duration) {
  const std::int64_t count = duration.count();
  for (const auto& [unit, size] : {std::pair("d", 86'400'000), std::pair("h", 3'600'000),
                                   std::pair("m", 60'000), std::pair("s", 1000)}) {
    if (count != 0 && count % size == 0) return std::to_string(count / size) + unit;
  }
  return std::to_string(count) + "ms";
}

}  // namespace config

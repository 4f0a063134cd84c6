#include "core/profile/folded.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "core/profile/function_name.h"

namespace core {

std::vector<std::string> folded(const std::vector<Stack>& stacks, const Symbols& symbols) {
  std::unordered_map<std::uintptr_t, std::string> names;
  std::map<std::string, std::size_t> counts;
  for (const Stack& stack : stacks) {
    std::string line;
    for (auto frame = stack.rbegin(); frame != stack.rend(); ++frame) {
      std::string& name = names[*frame];
      if (name.empty()) name = function_name(symbols.name_of(*frame));
      line.append(line.empty() ? "" : ";").append(name);
    }
    if (!line.empty()) ++counts[std::move(line)];
  }
  std::vector<std::pair<std::string, std::size_t>> ordered(counts.begin(), counts.end());
  std::ranges::sort(ordered, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  std::vector<std::string> lines;
  lines.reserve(ordered.size());
  for (const auto& [line, count] : ordered) lines.push_back(line + " " + std::to_string(count));
  return lines;
}

}  // namespace core

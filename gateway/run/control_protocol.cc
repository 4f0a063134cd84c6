#include "gateway/run/control_protocol.h"

#include <algorithm>

namespace gateway {

std::optional<std::vector<std::string>> control_words(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    const std::string_view word = line.substr(0, line.find(' '));
    const bool is_good =
        !word.empty() && std::ranges::all_of(word, [](char c) { return c > ' ' && c < 0x7f; });
    if (!is_good || words.size() == kMaxControlWords) return std::nullopt;
    words.emplace_back(word);
    if (word.size() == line.size()) return words;
    line.remove_prefix(word.size() + 1);
  }
}

std::string control_line(ControlMark mark, std::string_view text) {
  std::string line{static_cast<char>(mark), ' '};
  for (const char c : text.substr(0, kMaxControlLine)) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return line + '\n';
}

}  // namespace gateway

#include "gateway/run/command_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace gateway {

core::Error usage(std::string text) {
  return {core::ErrorKind::malformed, core::Side::configuration, std::move(text)};
}

bool Options::take_flag(std::string_view name) {
  const auto found = std::ranges::find(words_, name);
  if (found == words_.end()) return false;
  words_.erase(found);
  return true;
}

core::Result<std::optional<std::string_view>> Options::take_value(std::string_view name) {
  for (auto word = words_.begin(); word != words_.end(); ++word) {
    if (*word == name) {
      if (std::next(word) == words_.end()) return core::failure(usage(fmt::format("{} needs a value", name)));
      const std::string_view value = *std::next(word);
      words_.erase(word, word + 2);
      return std::optional(value);
    }
    if (name.starts_with("--") && word->starts_with(name) && word->substr(name.size()).starts_with('=')) {
      const std::string_view value = word->substr(name.size() + 1);
      words_.erase(word);
      return std::optional(value);
    }
  }
  return std::nullopt;
}

core::Result<int> Options::take_number(std::string_view name, NumberRule rule) {
  const auto text = take_value(name);
  if (!text) return core::failure(text.error());
  if (!*text) return rule.usual;
  int number = 0;
  const char* const text_end = (*text)->data() + (*text)->size();
  const auto [end, error] = std::from_chars((*text)->data(), text_end, number);
  if (error == std::errc() && end == text_end && number >= rule.least && number <= rule.most) return number;
  return core::failure(
      usage(fmt::format("{} takes a number from {} to {}, not '{}'", name, rule.least, rule.most, **text)));
}

std::optional<std::string_view> Options::take_word() {
  if (words_.empty() || words_.front().starts_with('-')) return std::nullopt;
  return take_first();
}

std::optional<std::string_view> Options::take_file() {
  if (words_.empty() || (words_.front().starts_with('-') && words_.front() != "-")) return std::nullopt;
  return take_first();
}

std::optional<std::string_view> Options::take_first() {
  const std::string_view word = words_.front();
  words_.erase(words_.begin());
  return word;
}

}  // namespace gateway

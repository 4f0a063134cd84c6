// The words behind a command, taken one by one: options with and without a value, files. What none takes is
// left, and is an error of command_line.cc's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace gateway {

/// A wrong command line: one sentence and the mend.
core::Error usage(std::string text);

/// What an option's number may be.
struct NumberRule {
  int least;
  int most;
  int usual;  ///< without the option
};

/// Takes the options of one command, "--name value" and "--name=value" alike.
class Options {
 public:
  explicit Options(std::vector<std::string_view> words) : words_(std::move(words)) {}

  bool take_flag(std::string_view name);
  core::Result<std::optional<std::string_view>> take_value(std::string_view name);
  core::Result<int> take_number(std::string_view name, NumberRule rule);
  /// The first word that is left, if it is no option.
  std::optional<std::string_view> take_word();
  /// The same, and "-" counts: standard input.
  std::optional<std::string_view> take_file();
  [[nodiscard]] const std::vector<std::string_view>& left() const { return words_; }

 private:
  std::optional<std::string_view> take_first();

  std::vector<std::string_view> words_;
};

}  // namespace gateway

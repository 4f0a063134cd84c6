#include "core/text/regular_expression.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

namespace core {
namespace {

/// Of one expression: its program, and the states that matching makes as it meets them.
constexpr std::int64_t kMaxMemory = 1024L * 1024;

std::unexpected<Error> unusable(std::string why) {
  return failure(ErrorKind::malformed, Side::configuration, std::move(why));
}

RE2::Options options() {
  RE2::Options options(RE2::Quiet);
  options.set_encoding(RE2::Options::EncodingLatin1);  // a path in normal form is ASCII
  options.set_max_mem(kMaxMemory);
  return options;
}

}  // namespace

struct RegularExpression::Compiled {
  explicit Compiled(std::string_view pattern)
      : expression(re2::StringPiece(pattern.data(), pattern.size()), options()) {}
  RE2 expression;
};

RegularExpression::RegularExpression(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
RegularExpression::RegularExpression(RegularExpression&&) noexcept = default;
RegularExpression& RegularExpression::operator=(RegularExpression&&) noexcept = default;
RegularExpression::~RegularExpression() = default;

Result<RegularExpression> RegularExpression::parse(std::string_view pattern) {
  if (pattern.size() > kMaxPatternBytes) return unusable("a regular expression of over 1024 bytes");
  auto compiled = std::make_unique<Compiled>(pattern);
  const RE2& expression = compiled->expression;
  if (!expression.ok()) return unusable(expression.error());
  if (expression.ProgramSize() > kMaxProgram) return unusable("a regular expression that is too large");
  if (expression.NumberOfCapturingGroups() > static_cast<int>(kMaxGroups))
    return unusable("a regular expression with more than 9 groups; (?:…) groups without a number");
  return RegularExpression(std::move(compiled));
}

bool RegularExpression::matches(std::string_view text) const {
  return matches(text, {});
}

bool RegularExpression::matches(std::string_view text, std::span<std::string_view> groups) const {
  if (text.size() > kMaxTextBytes) return false;
  // The first is the whole match, which only costs where groups are wanted.
  std::array<re2::StringPiece, kMaxGroups + 1> found;
  const int wanted = groups.empty() ? 0 : static_cast<int>(groups.size()) + 1;
  const re2::StringPiece input(text.data(), text.size());
  if (!compiled_->expression.Match(input, 0, text.size(), RE2::ANCHOR_BOTH, found.data(), wanted))
    return false;
  std::transform(found.begin() + 1, found.begin() + 1 + static_cast<std::ptrdiff_t>(groups.size()),
                 groups.begin(),
                 [](re2::StringPiece piece) { return std::string_view(piece.data(), piece.size()); });
  return true;
}

std::size_t RegularExpression::group_count() const {
  return static_cast<std::size_t>(compiled_->expression.NumberOfCapturingGroups());
}

std::string_view RegularExpression::literal_start(std::string_view pattern) {
  if (pattern.contains('|')) return {};  // it may stand at the top
  if (pattern.starts_with('^')) pattern.remove_prefix(1);
  const std::size_t end = std::min(pattern.find_first_of("\\.[](){}*+?^$"), pattern.size());
  const bool last_is_optional = end < pattern.size() && std::string_view("*?{").contains(pattern[end]);
  return pattern.substr(0, end - (last_is_optional && end > 0 ? 1 : 0));
}

}  // namespace core

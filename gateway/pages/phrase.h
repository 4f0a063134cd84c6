// A sentence that the gateway shows to people, in one language. It is a constant of ours and HTML as it
// stands: what would be markup in it, an empty one or a wrong number of gaps does not compile.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gateway {

/// Stands for what is filled in.
inline constexpr std::string_view kGap = "{}";

/// `text`, which must be fit for HTML text and have that many gaps.
consteval std::string_view checked_phrase(std::string_view text, std::size_t gaps) {
  if (text.empty() || text.find_first_of("<>&\"\n") != std::string_view::npos) throw "no sentence";
  std::size_t found = 0;
  for (std::size_t at = text.find(kGap); at != std::string_view::npos; at = text.find(kGap, at + 1)) ++found;
  if (found != gaps) throw "the number of gaps";
  return text;
}

/// Without a gap. Not default-constructible: a table of words that leaves one out does not compile.
class Phrase {
 public:
  // From a literal, without a word: a table of words is made of nothing else.
  consteval Phrase(const char* text) : text_(checked_phrase(text, 0)) {}
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

/// With one gap.
class GappedPhrase {
 public:
  consteval GappedPhrase(const char* text) : text_(checked_phrase(text, 1)) {}
  [[nodiscard]] constexpr std::string_view text() const { return text_; }
  /// `html` is escaped by who gives it, and is not looked at.
  [[nodiscard]] std::string with(std::string_view html) const {
    const std::size_t gap = text_.find(kGap);
    return std::string(text_.substr(0, gap)).append(html).append(text_.substr(gap + kGap.size()));
  }

 private:
  std::string_view text_;
};

/// What happened, and what that means for the person.
struct Notice {
  Phrase heading;
  Phrase message;
};

}  // namespace gateway

#include "gateway/pages/languages.h"

#include <algorithm>
#include <array>
#include <optional>

namespace gateway {
namespace {

constexpr std::string_view kField = "Accept-Language";
constexpr std::size_t kMaxSubtag = 8;
constexpr int kWholeWeight = 1000;

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// RFC 4647 section 2.1: letters, then letters and digits, in subtags of one to eight.
bool is_range(std::string_view text) {
  if (text == "*") return true;
  bool is_first = true;
  while (true) {
    const std::string_view subtag = text.substr(0, text.find('-'));
    if (subtag.empty() || subtag.size() > kMaxSubtag) return false;
    const bool fits = std::ranges::all_of(
        subtag, [is_first](char c) { return is_letter(c) || (!is_first && is_digit(c)); });
    if (!fits) return false;
    if (subtag.size() == text.size()) return true;
    text.remove_prefix(subtag.size() + 1);
    is_first = false;
  }
}

/// In thousandths (RFC 9110 section 12.4.2).
std::optional<int> weight_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = text[0] == '1' ? kWholeWeight : 0;
  int unit = kWholeWeight / 10;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!is_digit(c)) return std::nullopt;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight <= kWholeWeight ? std::optional(weight) : std::nullopt;
}

struct WeighedRange {
  std::string_view range;
  int weight = kWholeWeight;
};

std::optional<WeighedRange> read_range(std::string_view element) {
  const std::size_t semicolon = element.find(';');
  WeighedRange read{without_blanks(element.substr(0, semicolon))};
  if (!is_range(read.range)) return std::nullopt;
  if (semicolon == std::string_view::npos) return read;
  const std::string_view parameter = without_blanks(element.substr(semicolon + 1));
  if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) return std::nullopt;
  const std::optional<int> weight = weight_of(parameter.substr(2));
  if (!weight) return std::nullopt;
  read.weight = *weight;
  return read;
}

/// What was asked for each language.
class Wishes {
 public:
  explicit Wishes(std::span<const std::string_view> tags)
      : tags_(tags.first(std::min(tags.size(), kMaxLanguages))) {}

  /// False for a value that is not well-formed.
  bool read(std::string_view value) {
    while (true) {
      const std::size_t comma = value.find(',');
      const std::string_view element = without_blanks(value.substr(0, comma));
      // A recipient takes a reasonable number of empty elements (RFC 9110 section 5.6.1.2).
      if (++count_ > kMaxLanguageRanges) return false;
      if (!element.empty()) {
        const std::optional<WeighedRange> range = read_range(element);
        if (!range) return false;
        take(*range);
      }
      if (comma == std::string_view::npos) return true;
      value.remove_prefix(comma + 1);
    }
  }

  [[nodiscard]] std::size_t best() const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < tags_.size(); ++i) {
      const int mine = weight(i);
      const int other = weight(best);
      if (mine > other || (mine == other && mine > 0 && wishes_[i].order < wishes_[best].order)) best = i;
    }
    return best;
  }

 private:
  struct Wish {
    int weight = -1;                             // not named
    std::size_t order = kMaxLanguageRanges + 1;  // of two that weigh the same, the one named first
    bool is_refused = false;
  };

  [[nodiscard]] int weight(std::size_t index) const {
    const Wish& wish = wishes_[index];
    if (wish.is_refused) return 0;
    return wish.weight < 0 ? others_ : wish.weight;
  }

  void take(const WeighedRange& asked) {
    if (asked.range == "*") {
      others_ = std::max(others_, asked.weight);
      return;
    }
    for (std::size_t i = 0; i < tags_.size(); ++i) {
      const std::string_view tag = tags_[i];
      if (!core::equals_ignoring_case(asked.range.substr(0, tag.size()), tag)) continue;
      const bool is_whole = asked.range.size() == tag.size();
      // "de-AT" leads to "de" by leaving out its end; who refuses "de-AT" has not refused "de".
      if (!is_whole && (asked.range[tag.size()] != '-' || asked.weight == 0)) continue;
      wishes_[i].is_refused |= asked.weight == 0;
      if (asked.weight == 0 || asked.weight <= wishes_[i].weight) continue;
      wishes_[i].weight = asked.weight;
      wishes_[i].order = count_;
    }
  }

  std::span<const std::string_view> tags_;
  std::array<Wish, kMaxLanguages> wishes_{};
  int others_ = 0;
  std::size_t count_ = 0;
};

}  // namespace

std::size_t preferred_language(const core::Fields& fields, std::span<const std::string_view> tags) {
  Wishes wishes(tags);
  for (const core::Field& field : fields) {
    if (core::equals_ignoring_case(field.name, kField) && !wishes.read(field.value)) return 0;
  }
  return wishes.best();
}

std::span<const Words* const> languages() {
  static const std::array kAll = {&english(), &german(), &french(), &spanish()};
  static_assert(kAll.size() <= kMaxLanguages);
  return kAll;
}

const Words& words_for(const Request& request) {
  const std::span<const Words* const> all = languages();
  if (request.fields == nullptr) return *all.front();
  std::array<std::string_view, kMaxLanguages> tags;
  for (std::size_t i = 0; i < all.size(); ++i) tags[i] = all[i]->tag;
  return *all[preferred_language(*request.fields, std::span(tags).first(all.size()))];
}

}  // namespace gateway

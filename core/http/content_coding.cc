#include "core/http/content_coding.h"

#include <array>
#include <optional>

#include "core/base/check.h"
#include "core/http/characters.h"

namespace core {
namespace {

constexpr std::size_t kCodings = 4;
constexpr int kWhole = 1000;  // qvalues have three digits
constexpr std::array<std::string_view, kCodings> kNames{"zstd", "br", "gzip", "identity"};

struct Element {
  std::string_view name;
  int weight = kWhole;
};

/// "0" [ "." 0*3DIGIT ] / "1" [ "." 0*3("0") ], in thousandths (RFC 9110 section 12.4.2).
std::optional<int> parse_qvalue(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int value = (text[0] - '0') * kWhole;
  int place = kWhole / 10;
  for (const char digit : text.substr(text.size() > 1 ? 2 : 1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value += (digit - '0') * place;
    place /= 10;
  }
  return value > kWhole ? std::nullopt : std::optional(value);
}

std::optional<Element> parse_element(std::string_view text) {
  Element element;
  const std::size_t semicolon = text.find(';');
  element.name = http_characters::trimmed(text.substr(0, semicolon));
  if (!is_token(element.name)) return std::nullopt;
  if (semicolon == std::string_view::npos) return element;
  std::string_view weight = http_characters::trimmed(text.substr(semicolon + 1));
  if (weight.size() < 2 || (weight[0] != 'q' && weight[0] != 'Q') || weight[1] != '=') return std::nullopt;
  weight.remove_prefix(2);
  const std::optional<int> value = parse_qvalue(weight);
  if (!value) return std::nullopt;
  element.weight = *value;
  return element;
}

/// x-gzip is gzip (RFC 9110 section 8.4.1.3).
std::optional<std::size_t> index_of(std::string_view name) {
  if (equals_ignoring_case(name, "x-gzip")) name = "gzip";
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (equals_ignoring_case(name, kNames[i])) return i;
  }
  return std::nullopt;
}

/// What a client said of each coding.
class Wishes {
 public:
  /// False: not to be understood.
  bool take(std::string_view list) {
    while (!list.empty()) {
      const std::string_view text = http_characters::next_element(list);
      if (text.empty()) continue;  // RFC 9110 section 5.6.1.2
      const std::optional<Element> element = parse_element(text);
      if (!element || ++count_ > kMaxCodings) return false;
      if (!note(*element)) return false;
    }
    return true;
  }

  [[nodiscard]] ContentCoding best() const {
    const auto identity = static_cast<std::size_t>(ContentCoding::identity);
    std::size_t best = identity;
    // Unless it is named, identity is what is left when nothing else pleases.
    int most = weights_[identity].value_or(0);
    for (std::size_t i = identity; i-- > 0;) {
      const int weight = weights_[i].value_or(others_.value_or(0));
      if (weight == 0 || weight < most) continue;
      best = i;
      most = weight;
    }
    return static_cast<ContentCoding>(best);
  }

 private:
  bool note(const Element& element) {
    std::optional<int>* place = nullptr;
    if (element.name == "*") {
      place = &others_;
    } else if (const auto index = index_of(element.name)) {
      place = &weights_[*index];
    } else {
      return true;
    }
    if (place->has_value()) return false;
    *place = element.weight;
    return true;
  }

  std::array<std::optional<int>, kCodings> weights_;
  std::optional<int> others_;
  unsigned count_ = 0;
};

}  // namespace

std::string_view name_of(ContentCoding coding) {
  CHECK(coding != ContentCoding::identity);
  return kNames[static_cast<std::size_t>(coding)];
}

ContentCoding choose_coding(const Fields& request) {
  Wishes wishes;
  for (const Field& field : request) {
    if (field.id == FieldId::accept_encoding && !wishes.take(field.value)) return ContentCoding::identity;
  }
  return wishes.best();
}

}  // namespace core

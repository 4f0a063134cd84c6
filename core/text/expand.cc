#include "core/text/expand.h"

#include <algorithm>

#include "core/text/percent.h"
#include "core/text/utf8.h"

namespace core {
namespace {

constexpr std::size_t kMaxTemplateBytes = 4096;
constexpr std::size_t kMaxPlaceholders = 32;
constexpr std::string_view kAsciiSuffix = ":ascii";

std::unexpected<Error> ill_formed(std::string_view why) {
  return failure(ErrorKind::malformed, Side::configuration, std::string(why));
}

bool is_name_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c != '\0' && std::string_view("_-./:@").contains(c));
}

}  // namespace

Result<Template> Template::parse(std::string_view text) {
  if (text.size() > kMaxTemplateBytes) return ill_formed("a template is too long");
  Template made;
  std::string literal;
  std::size_t placeholders = 0;
  while (!text.empty()) {
    const std::size_t brace = std::min(text.size(), text.find('{'));
    literal.append(text.substr(0, brace));
    text.remove_prefix(brace);
    if (text.starts_with("{{")) {
      literal.push_back('{');
      text.remove_prefix(2);
      continue;
    }
    if (text.empty()) break;
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos)
      return ill_formed("a placeholder without \"}\" (a literal { is written {{)");
    std::string_view name = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    Form form = Form::as_is;
    if (name.ends_with(kAsciiSuffix)) {
      form = Form::ascii;
      name.remove_suffix(kAsciiSuffix.size());
    }
    if (name.empty() || !std::ranges::all_of(name, is_name_byte))
      return ill_formed("an ill-formed placeholder");
    // A claim's name may hold a colon (a URL), any other colon is a suffix that does not exist.
    if (!name.starts_with("claim.") && name.contains(':')) return ill_formed("an unknown placeholder suffix");
    if (++placeholders > kMaxPlaceholders) return ill_formed("a template has too many placeholders");
    if (!literal.empty()) made.pieces_.push_back({Form::literal, std::exchange(literal, {})});
    made.pieces_.push_back({form, std::string(name)});
  }
  if (!literal.empty()) made.pieces_.push_back({Form::literal, std::move(literal)});
  return made;
}

bool Template::expand(const PlaceholderValue& value, std::string& out, std::size_t max_bytes) const {
  const std::size_t start = out.size();
  for (const Piece& piece : pieces_) {
    const std::size_t before = out.size();
    bool usable = true;
    if (piece.form == Form::literal) {
      out.append(piece.text);
    } else {
      usable = value(piece.text, out) && is_plain_text(std::string_view(out).substr(before));
    }
    if (usable && piece.form == Form::ascii) {
      const std::string encoded = percent_encode(std::string_view(out).substr(before), Unescaped::printable);
      out.replace(before, std::string::npos, encoded);
    }
    if (!usable || out.size() - start > max_bytes) {
      out.resize(start);
      return false;
    }
  }
  return true;
}

std::vector<std::string_view> Template::names() const {
  std::vector<std::string_view> names;
  for (const Piece& piece : pieces_) {
    if (piece.form != Form::literal) names.emplace_back(piece.text);
  }
  return names;
}

std::string_view Template::literal_start() const {
  if (pieces_.empty() || pieces_.front().form != Form::literal) return {};
  return pieces_.front().text;
}

}  // namespace core

#include "gateway/import/path_expression.h"

#include <algorithm>
#include <array>

#include "config/values.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxAlternatives = 50;

/// Tails after a literal that stand for "it, or anything below it".
constexpr auto kBelow = std::to_array<std::string_view>(
    {"(/|$)", "(/|$).*", "(/.*)?$", "($|/.*)", "(?:/.*)?$", "(?:/|$)", "($|/)", "(/.*|$)", "(|/.*)$",
     "([/?].*)?$", "(/|\\?|$)", "($|/|\\?)", "([/?]|$)", "(\\/.*)?$", "(\\/|$)", "(/|$)(.*)", "(/.*)?"});

bool is_literal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/-_~:@!,;=&%").find(c) != std::string_view::npos;
}

bool is_quantifier(char c) {
  return c == '*' || c == '+' || c == '?' || c == '{';
}

/// The first group of plain alternatives, (a|b), written out. The expression itself if it has none.
std::vector<std::string> alternatives(std::string_view expression) {
  const std::size_t open = expression.find('(');
  if (open == std::string_view::npos) return {std::string(expression)};
  const std::size_t close = expression.find(')', open);
  if (close == std::string_view::npos) return {std::string(expression)};
  std::string_view inside = expression.substr(open + 1, close - open - 1);
  if (inside.starts_with("?:")) inside.remove_prefix(2);
  const std::string_view rest = expression.substr(close + 1);
  const bool is_plain =
      inside.find('|') != std::string_view::npos && !inside.starts_with('/') &&
      std::ranges::all_of(inside, [](char c) { return is_literal(c) || c == '|' || c == '.'; });
  if (!is_plain || (!rest.empty() && is_quantifier(rest.front()))) return {std::string(expression)};
  std::vector<std::string> list;
  while (true) {
    const std::size_t end = inside.find('|');
    list.push_back(std::string(expression.substr(0, open)).append(inside.substr(0, end)).append(rest));
    if (end == std::string_view::npos || list.size() > kMaxAlternatives) return list;
    inside.remove_prefix(end + 1);
  }
}

/// Takes the literal that the expression begins with.
std::string take_literal(std::string_view& rest, bool& is_exact) {
  std::string text;
  while (!rest.empty()) {
    const bool is_escape = rest.front() == '\\' && rest.size() > 1;
    const std::size_t length = is_escape ? 2 : 1;
    const char c = rest[length - 1];
    const bool is_class =
        is_escape && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
    const bool is_dot = !is_escape && c == '.';
    if (is_class || (!is_escape && !is_literal(c) && !is_dot)) break;
    if (rest.size() > length && is_quantifier(rest[length])) break;
    if (is_dot) is_exact = false;
    text.push_back(c);
    rest.remove_prefix(length);
  }
  return text;
}

/// `/x` and everything below it, given the literal "/x" or "/x/".
void add_below(std::string literal, ExpressionPaths& out) {
  const bool has_slash = literal.size() > 1 && literal.back() == '/';
  if (has_slash) literal.pop_back();
  out.paths.push_back({literal, DraftMatch::prefix});
  if (has_slash) out.but_not.push_back({literal, DraftMatch::exact});
}

bool add_one(std::string_view expression, ExpressionPaths& out) {
  const bool is_anchored = expression.starts_with('^');
  if (is_anchored) expression.remove_prefix(1);
  if (!is_anchored) out.is_all = false;
  std::string_view tail = expression;
  std::string literal = take_literal(tail, out.is_all);
  if (!literal.starts_with('/')) return false;
  const std::string bare =
      literal.size() > 1 && literal.back() == '/' ? literal.substr(0, literal.size() - 1) : literal;
  if (!is_plain_path(bare)) return false;
  const bool has_slash = literal.back() == '/';
  if (tail == "$") {
    out.paths.push_back({literal, DraftMatch::exact});
    return true;
  }
  if (tail == "/?$") {
    out.paths.push_back({literal, DraftMatch::exact});
    out.paths.push_back({literal + "/", DraftMatch::exact});
    return !has_slash;
  }
  if (!has_slash && std::ranges::find(kBelow, tail) != kBelow.end()) {
    add_below(literal, out);
    return true;
  }
  const bool is_open = tail.empty() || tail == ".*" || tail == ".*$" || tail == "(.*)" || tail == "(.*)$";
  const bool is_some = tail == ".+" || tail == ".+$" || tail == "(.+)" || tail == "(.+)$";
  if (is_some) {
    // At least one byte more: behind a slash that is all below it but the slash itself.
    if (!has_slash) return false;
    add_below(literal, out);
    out.but_not.push_back({literal, DraftMatch::exact});
    return true;
  }
  if (!is_open) return false;
  // Without a slash it also matches /xyz, which is another segment here.
  if (!has_slash) out.is_all = false;
  add_below(literal, out);
  return true;
}

}  // namespace

bool is_plain_path(const std::string& path) {
  const auto parsed = config::parse_path(path);
  return parsed && *parsed == path;
}

std::optional<ExpressionPaths> paths_of(std::string_view expression) {
  ExpressionPaths out;
  for (const std::string& one : alternatives(expression)) {
    if (!add_one(one, out)) return std::nullopt;
  }
  return out;
}

}  // namespace gateway

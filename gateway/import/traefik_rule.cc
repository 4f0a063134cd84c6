#include "gateway/import/traefik_rule.h"

#include <algorithm>

#include "config/values.h"

namespace gateway {
namespace {

using Ways = std::vector<TraefikMatch>;

constexpr std::size_t kMostWays = 100;
constexpr int kMostDepth = 20;

/// Both must hold. Two hosts or two paths at once are not told apart here.
TraefikMatch both(const TraefikMatch& a, const TraefikMatch& b) {
  TraefikMatch match = a;
  match.is_unclear = a.is_unclear || b.is_unclear;
  const bool has_path = !a.prefix.empty() || !a.exact.empty();
  const bool adds_path = !b.prefix.empty() || !b.exact.empty();
  if ((has_path && adds_path) || (!a.host.empty() && !b.host.empty())) match.is_unclear = true;
  if (match.host.empty()) match.host = b.host;
  if (!has_path) match.prefix = b.prefix;
  if (!has_path) match.exact = b.exact;
  return match;
}

class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : rest_(text) {}

  std::optional<Ways> read() {
    Ways ways = read_any(0);
    skip_blanks();
    if (is_bad_ || !rest_.empty()) return std::nullopt;
    return ways;
  }

 private:
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
  bool take(std::string_view text) {
    skip_blanks();
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  Ways read_any(int depth) {
    Ways ways = read_all(depth);
    while (!is_bad_ && take("||")) {
      for (TraefikMatch& way : read_all(depth)) ways.push_back(std::move(way));
      is_bad_ = is_bad_ || ways.size() > kMostWays;
    }
    return ways;
  }

  Ways read_all(int depth) {
    Ways ways = read_one(depth);
    while (!is_bad_ && take("&&")) {
      const Ways further = read_one(depth);
      Ways product;
      for (const TraefikMatch& a : ways)
        for (const TraefikMatch& b : further) product.push_back(both(a, b));
      ways = std::move(product);
      is_bad_ = is_bad_ || ways.size() > kMostWays;
    }
    return ways;
  }

  Ways read_one(int depth) {
    if (depth > kMostDepth) is_bad_ = true;
    if (is_bad_) return {};
    if (take("!")) {
      read_one(depth + 1);
      return {TraefikMatch{.host = {}, .prefix = {}, .exact = {}, .is_unclear = true}};
    }
    if (!take("(")) return read_call();
    Ways ways = read_any(depth + 1);
    is_bad_ = is_bad_ || !take(")");
    return ways;
  }

  Ways read_call() {
    skip_blanks();
    const std::size_t open = rest_.find('(');
    if (open == std::string_view::npos) {
      is_bad_ = true;
      return {};
    }
    const std::string name = config::lower_case(rest_.substr(0, open));
    rest_.remove_prefix(open + 1);
    const std::vector<std::string> arguments = read_arguments();
    Ways ways;
    for (const std::string& argument : arguments) {
      TraefikMatch way;
      if (name == "host")
        way.host = config::lower_case(argument);
      else if (name == "pathprefix")
        way.prefix = argument;
      else if (name == "path")
        way.exact = argument;
      else
        way.is_unclear = true;
      ways.push_back(std::move(way));
    }
    is_bad_ = is_bad_ || ways.empty();
    return ways;
  }

  std::vector<std::string> read_arguments() {
    std::vector<std::string> arguments;
    while (!is_bad_) {
      skip_blanks();
      const char quote = rest_.empty() ? '\0' : rest_.front();
      const std::size_t end = rest_.empty() ? std::string_view::npos : rest_.find(quote, 1);
      if ((quote != '`' && quote != '"' && quote != '\'') || end == std::string_view::npos) {
        is_bad_ = true;
        break;
      }
      arguments.emplace_back(rest_.substr(1, end - 1));
      rest_.remove_prefix(end + 1);
      if (take(",")) continue;
      is_bad_ = is_bad_ || !take(")");
      break;
    }
    return arguments;
  }

  std::string_view rest_;
  bool is_bad_ = false;
};

}  // namespace

std::optional<std::vector<TraefikMatch>> read_traefik_rule(std::string_view rule) {
  return RuleReader(rule).read();
}

}  // namespace gateway

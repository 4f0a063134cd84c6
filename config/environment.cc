#include "config/environment.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "core/text/utf8.h"

namespace config {
namespace {

bool is_variable_name(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// What stands for the inside of ${…}; nothing after reporting why not.
std::optional<std::string> replacement(std::string_view inside, Position at, const Environment& environment,
                                       Findings& findings) {
  const std::size_t mark = inside.find(":-");
  const std::string name(inside.substr(0, mark));
  if (!is_variable_name(name)) {
    findings.error(at, "expected the name of an environment variable between ${ and }",
                   "write $${ for a literal ${");
    return std::nullopt;
  }
  std::optional<std::string> value = environment.variable(name);
  if (mark != std::string_view::npos && (!value || value->empty()))
    return std::string(inside.substr(mark + 2));
  if (!value) {
    findings.error(at, "the environment variable " + name + " is not set",
                   "set it, or write ${" + name + ":-text} for a default");
    return std::nullopt;
  }
  if (!core::is_plain_text(*value)) {
    findings.error(at, "the environment variable " + name + " is not one line of UTF-8 text");
    return std::nullopt;
  }
  return value;
}

void expand_scalar(YamlNode& node, const Environment& environment, Findings& findings) {
  if (!node.text.contains("${")) return;
  std::string out;
  std::string_view rest = node.text;
  while (!rest.empty()) {
    const std::size_t open = rest.find("${");
    if (open == std::string_view::npos) {
      out.append(rest);
      break;
    }
    if (open > 0 && rest[open - 1] == '$') {
      out.append(rest.substr(0, open - 1)).append("${");
      rest.remove_prefix(open + 2);
      continue;
    }
    const std::size_t close = rest.find('}', open);
    if (close == std::string_view::npos) {
      findings.error(node.at, "${ without }", "write $${ for a literal ${");
      node.is_reported = true;
      return;
    }
    out.append(rest.substr(0, open));
    const auto value = replacement(rest.substr(open + 2, close - open - 2), node.at, environment, findings);
    if (!value) node.is_reported = true;
    out.append(value.value_or(""));
    node.from_environment = true;
    rest.remove_prefix(close + 1);
  }
  node.text = std::move(out);
}

}  // namespace

std::optional<std::string> ProcessEnvironment::variable(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

void expand_environment(YamlNode& root, const Environment& environment, Findings& findings) {
  if (root.is_scalar()) expand_scalar(root, environment, findings);
  for (YamlNode& item : root.items) expand_environment(item, environment, findings);
  for (YamlEntry& entry : root.entries) expand_environment(entry.value, environment, findings);
}

}  // namespace config

// gateway.yaml as a tree of maps, lists and scalars with their places. The only file that sees the YAML
// library; no meaning is given to values here. Scalars stay text: "plain" tells true from "true".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/position.h"

namespace config {

struct YamlEntry;

struct YamlNode {
  enum class Kind { null, scalar, list, map };
  enum class Style { plain, quoted };

  Kind kind = Kind::null;
  Style style = Style::plain;
  bool is_reported = false;       ///< its text is already known to be wrong; nothing more is said about it
  bool from_environment = false;  ///< holds text that replaced a ${NAME}
  Position at;
  std::string text;                ///< of a scalar
  std::vector<YamlNode> items;     ///< of a list
  std::vector<YamlEntry> entries;  ///< of a map, in order; no key twice

  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
  [[nodiscard]] bool is_list() const { return kind == Kind::list; }
  [[nodiscard]] bool is_map() const { return kind == Kind::map; }
  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
  /// The value under `key` of a map, null if it has none.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  Position at;
  YamlNode value;
};

/// Nodes of one file; over it the file is refused.
inline constexpr std::size_t kMaxNodes = 200'000;

/// Reads one document. Whatever breaks the syntax ends the reading with one error; duplicate keys, merge keys
/// and keys that are not scalars are each an error. Nothing if there was an error. Depth is at most
/// kMaxDepth.
std::optional<YamlNode> read_yaml(std::string_view text, Findings& findings);

/// "a map", "a list", "a value", "nothing".
std::string_view name_of(YamlNode::Kind kind);

}  // namespace config

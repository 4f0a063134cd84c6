// The files of an import, as what they are written in: YAML documents with the lines of their file, lists of
// words. A place in them is all that a format needs for a note.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/yaml_tree.h"
#include "gateway/import/draft.h"

namespace gateway {

struct ImportFile {
  std::string name;  ///< as people call it; "standard input" for "-"
  std::string text;
};

/// One YAML document of a file. Positions are those of the file.
struct ImportDocument {
  std::string file;
  config::YamlNode root;
  [[nodiscard]] ImportPlace place(const config::YamlNode& node) const { return {file, node.at.line}; }
};

/// The documents of a file, without empty ones. What is no YAML is an error with its place; anchors and tags
/// are (config/yaml_text.h).
std::vector<ImportDocument> read_documents(const ImportFile& file, config::Findings& findings);

/// The value at the end of the keys; null if there is none.
const config::YamlNode* find_in(const config::YamlNode& node, std::initializer_list<std::string_view> keys);
/// The text of a scalar there; empty if there is none.
std::string text_in(const config::YamlNode& node, std::initializer_list<std::string_view> keys);
/// A scalar is a list of one; a list of scalars their texts; nothing else counts.
std::vector<std::string> texts_of(const config::YamlNode* node);
/// The items of a list, the node itself if it is none, nothing for null.
std::vector<const config::YamlNode*> items_of(const config::YamlNode* node);

/// Parts of `text` between `separator`s, without blanks around them and without empty ones.
std::vector<std::string> split_list(std::string_view text, char separator);
/// A name as gateway.yaml has them (letters, digits, "-", "_"), made of whatever text; never empty.
std::string name_from(std::string_view text);
/// Text that stands for itself in a template: "{" doubled.
std::string literal_template(std::string_view text);

}  // namespace gateway

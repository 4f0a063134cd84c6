#include "gateway/import/documents.h"

#include <algorithm>

#include "config/yaml_text.h"

namespace gateway {
namespace {

using config::YamlNode;

constexpr std::size_t kMaxNameBytes = 64;

/// The tree is at most config::kMaxDepth deep.
void move_down(YamlNode& node, int lines) {
  node.at.line += lines;
  for (YamlNode& item : node.items) move_down(item, lines);
  for (config::YamlEntry& entry : node.entries) {
    entry.at.line += lines;
    move_down(entry.value, lines);
  }
}

bool is_border(std::string_view line) {
  const std::string_view mark = line.substr(0, 3);
  if (mark != "---" && mark != "...") return false;
  return line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r';
}

struct Part {
  std::string text;
  int lines_before = 0;
};

/// A document's own border goes; what stands behind it on its line stays.
std::vector<Part> split_documents(std::string_view text) {
  std::vector<Part> parts(1);
  int line_number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    if (is_border(line.substr(0, line.find_last_not_of("\r\n") + 1))) {
      parts.push_back({{}, line_number});
      parts.back().text.append(3, ' ');
      line.remove_prefix(3);
    }
    parts.back().text.append(line);
    ++line_number;
  }
  return parts;
}

}  // namespace

std::vector<ImportDocument> read_documents(const ImportFile& file, config::Findings& findings) {
  std::vector<ImportDocument> documents;
  for (const Part& part : split_documents(config::without_byte_order_mark(file.text))) {
    config::Findings own;
    std::optional<YamlNode> root = config::read_yaml(part.text, own);
    for (const config::Diagnostic& error : own.errors()) {
      findings.error({error.at.line + part.lines_before, error.at.column}, error.message, error.mend);
    }
    if (!root || root->is_null()) continue;
    move_down(*root, part.lines_before);
    // `kubectl get -o yaml` and generators write one list of all.
    const YamlNode* items = root->find("items");
    if (root->is_map() && text_in(*root, {"kind"}) == "List" && items != nullptr) {
      for (const YamlNode& item : items->items) documents.push_back({file.name, item});
      continue;
    }
    documents.push_back({file.name, std::move(*root)});
  }
  return documents;
}

const YamlNode* find_in(const YamlNode& node, std::initializer_list<std::string_view> keys) {
  const YamlNode* at = &node;
  for (const std::string_view key : keys) {
    at = at->find(key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::string text_in(const YamlNode& node, std::initializer_list<std::string_view> keys) {
  const YamlNode* found = find_in(node, keys);
  return found != nullptr && found->is_scalar() ? found->text : std::string();
}

std::vector<std::string> texts_of(const YamlNode* node) {
  std::vector<std::string> texts;
  for (const YamlNode* item : items_of(node))
    if (item->is_scalar()) texts.push_back(item->text);
  return texts;
}

std::vector<const YamlNode*> items_of(const YamlNode* node) {
  std::vector<const YamlNode*> items;
  if (node == nullptr || node->is_null()) return items;
  if (!node->is_list()) return {node};
  for (const YamlNode& item : node->items) items.push_back(&item);
  return items;
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    part.remove_prefix(std::min(part.find_first_not_of(kBlanks), part.size()));
    part = part.substr(0, part.find_last_not_of(kBlanks) + 1);
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

std::string name_from(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (is_plain) name.push_back(c);
    if (!is_plain && !name.empty() && name.back() != '-') name.push_back('-');
  }
  name.resize(std::min(name.size(), kMaxNameBytes - 4));
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "imported" : name;
}

std::string literal_template(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '{') out.push_back('{');
    out.push_back(c);
  }
  return out;
}

}  // namespace gateway

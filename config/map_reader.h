// Reads one map of gateway.yaml key by key: every key is asked for by its name, and what nobody asked for is
// an error with the nearest key that exists. Wrong types and values are reported with their place; the
// reader's output then keeps its default, so that one run finds all mistakes.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostic.h"
#include "config/yaml_tree.h"
#include "core/base/result.h"

namespace config {

class MapReader {
 public:
  /// `name` is how messages call the map ("login.session"), empty for the whole file. A node that is not a
  /// map is reported, and nothing is read from it.
  MapReader(const YamlNode& node, std::string name, Findings& findings);

  /// The node under `key`, which counts as known from now on; null if the file does not have it or has
  /// nothing there (which is reported).
  const YamlNode* take(std::string_view key);
  /// Reads the scalar under `key` by `parse` (a function from text to Result) into `out`. True if it was
  /// there and fits.
  template <typename T, typename Parse>
  bool value(std::string_view key, T& out, Parse parse);
  /// Keys that exist in the format but not yet in this version: an error naming the key.
  void not_yet(std::initializer_list<std::string_view> keys);
  /// The same for keys that may be written if their value is off.
  void only_off(std::initializer_list<std::string_view> keys);
  /// Reports keys nobody asked for. Call once, last.
  void finish();

  [[nodiscard]] bool has(std::string_view key) const { return is_map_ && node_.find(key) != nullptr; }
  [[nodiscard]] Position at() const { return node_.at; }
  /// Where `key` stands, or the map.
  [[nodiscard]] Position at(std::string_view key) const;
  /// How messages call `key`: "login.session.idle".
  [[nodiscard]] std::string path(std::string_view key) const;
  [[nodiscard]] Findings& findings() { return findings_; }

 private:
  const YamlNode& node_;
  std::string name_;
  Findings& findings_;
  bool is_map_;
  std::vector<std::string> known_;
};

/// The text of a scalar; reports anything else and returns null. `name` is for the message.
const std::string* scalar_text(const YamlNode& node, std::string_view name, Findings& findings);
/// A list as its items, a single value as one item.
std::vector<const YamlNode*> one_or_list(const YamlNode& node);
/// Whether the node is the word off.
bool is_off(const YamlNode& node);
/// Reports that `key` is part of the format but not of this version.
void report_not_yet(Position at, std::string_view key, Findings& findings);

/// Reads the scalar `node` by `parse` into `out`; false after reporting what was expected.
template <typename T, typename Parse>
bool read_scalar(const YamlNode& node, std::string_view name, Findings& findings, T& out, Parse parse) {
  const std::string* text = scalar_text(node, name, findings);
  if (text == nullptr) return false;
  auto parsed = parse(std::string_view(*text));
  if (!parsed) {
    findings.error(node.at, std::string(name) + ": " + parsed.error().text);
    return false;
  }
  out = std::move(*parsed);
  return true;
}

/// Reads a list (or a single value) of scalars by `parse`; items that do not fit are reported and left out.
template <typename T, typename Parse>
void read_list(const YamlNode& node, std::string_view name, Findings& findings, std::vector<T>& out,
               Parse parse) {
  out.clear();
  for (const YamlNode* item : one_or_list(node)) {
    T parsed{};
    if (read_scalar(*item, name, findings, parsed, parse)) out.push_back(std::move(parsed));
  }
}

template <typename T, typename Parse>
bool MapReader::value(std::string_view key, T& out, Parse parse) {
  const YamlNode* node = take(key);
  return node != nullptr && read_scalar(*node, path(key), findings_, out, parse);
}

}  // namespace config

#include "config/map_reader.h"

#include <algorithm>

#include "config/suggest.h"

namespace config {

MapReader::MapReader(const YamlNode& node, std::string name, Findings& findings)
    : node_(node), name_(std::move(name)), findings_(findings), is_map_(node.is_map()) {
  if (is_map_) return;
  const std::string what = name_.empty() ? "the file" : name_;
  findings_.error(node.at, what + ": expected a map of keys, found " + std::string(name_of(node.kind)));
}

const YamlNode* MapReader::take(std::string_view key) {
  known_.emplace_back(key);
  if (!is_map_) return nullptr;
  const YamlNode* found = node_.find(key);
  if (found == nullptr || !found->is_null()) return found;
  findings_.error(found->at, path(key) + ": a value is missing",
                  "write a value, or remove the key to get its default");
  return nullptr;
}

void MapReader::not_yet(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    known_.emplace_back(key);
    if (has(key)) report_not_yet(at(key), path(key), findings_);
  }
}

void MapReader::only_off(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    known_.emplace_back(key);
    if (has(key) && !is_off(*node_.find(key))) report_not_yet(at(key), path(key), findings_);
  }
}

void MapReader::finish() {
  if (!is_map_) return;
  for (const YamlEntry& entry : node_.entries) {
    if (findings_.is_full()) return;
    if (std::ranges::find(known_, entry.key) != known_.end()) continue;
    const std::string nearest = nearest_name(entry.key, known_);
    std::string mend = "the keys here are";
    if (nearest.empty()) {
      for (const std::string& key : known_) mend.append(&key == known_.data() ? " " : ", ").append(key);
    } else {
      mend = "did you mean \"" + nearest + "\"?";
    }
    findings_.error(entry.at, "unknown key \"" + path(entry.key) + "\"", mend);
  }
}

std::string MapReader::path(std::string_view key) const {
  return name_.empty() ? std::string(key) : name_ + "." + std::string(key);
}

Position MapReader::at(std::string_view key) const {
  for (const YamlEntry& entry : node_.entries) {
    if (entry.key == key) return entry.at;
  }
  return node_.at;
}

const std::string* scalar_text(const YamlNode& node, std::string_view name, Findings& findings) {
  if (node.is_scalar()) return node.is_reported ? nullptr : &node.text;
  findings.error(node.at,
                 std::string(name) + ": expected a single value, found " + std::string(name_of(node.kind)));
  return nullptr;
}

std::vector<const YamlNode*> one_or_list(const YamlNode& node) {
  if (!node.is_list()) return {&node};
  std::vector<const YamlNode*> items;
  items.reserve(node.items.size());
  for (const YamlNode& item : node.items) items.push_back(&item);
  return items;
}

bool is_off(const YamlNode& node) {
  return node.is_scalar() && node.text == "off";
}

void report_not_yet(Position at, std::string_view key, Findings& findings) {
  findings.error(at, std::string(key) + ": not supported yet",
                 "remove it; nothing takes its place in this version");
}

}  // namespace config

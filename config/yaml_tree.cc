#include "config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <istream>
#include <map>
#include <streambuf>
#include <utility>

#include "config/yaml_text.h"

namespace config {
namespace {

/// Thrown through the library to stop it; never leaves this file.
struct Stop {
  Diagnostic why;
};

Position place(const YAML::Mark& mark) {
  return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

[[noreturn]] void stop(Position at, std::string message, std::string mend = {}) {
  throw Stop{Diagnostic{Severity::error, at, std::move(message), std::move(mend)}};
}

/// An istream over the text without a copy.
class TextBuffer final : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* start = const_cast<char*>(text.data());  // only read: no put area is set
    setg(start, start, start + text.size());
  }
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(Findings& findings) : findings_(findings) {}

  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ != 0) stop(place(mark), "the file holds one YAML document");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    YamlNode node;
    node.at = place(mark);
    add(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    stop(place(mark), "YAML aliases are not used in this file", "a value that begins with * must be quoted");
  }
  void OnAnchor(const YAML::Mark& mark, const std::string& /*name*/) override {
    stop(place(mark), "YAML anchors are not used in this file", "a value that begins with & must be quoted");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.at = place(mark);
    node.text = value;
    if (tag == "!") {
      node.style = YamlNode::Style::quoted;
    } else {
      refuse_tag(mark, tag);
    }
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    YamlNode node;
    std::optional<YamlEntry> entry;   // of a map: the key was read, the value is next
    std::map<std::string, int> keys;  // and the line of each
  };

  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?") return;
    stop(place(mark), "YAML tags are not used in this file", "a value that begins with ! must be quoted");
  }

  void open(const YAML::Mark& mark, const std::string& tag, YamlNode::Kind kind) {
    refuse_tag(mark, tag);
    if (levels_.size() >= kMaxDepth) {
      stop(place(mark), "maps and lists are nested more than " + std::to_string(kMaxDepth) + " deep");
    }
    if (!levels_.empty() && levels_.back().node.is_map() && !levels_.back().entry) {
      stop(place(mark), "a key must be a plain name");
    }
    Level level;
    level.node.kind = kind;
    level.node.at = place(mark);
    levels_.push_back(std::move(level));
  }

  void close() {
    YamlNode node = std::move(levels_.back().node);
    levels_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (++nodes_ > kMaxNodes) stop(node.at, "the file holds too many values");
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.is_list()) {
      level.node.items.push_back(std::move(node));
    } else if (!level.entry) {
      begin_entry(level, std::move(node));
    } else {
      end_entry(level, std::move(node));
    }
  }

  void begin_entry(Level& level, YamlNode key) {
    if (!key.is_scalar()) stop(key.at, "a key must be a plain name");
    if (key.text == "<<" && key.style == YamlNode::Style::plain) {
      stop(key.at, "YAML merge keys are not used in this file", "write the keys out");
    }
    level.entry = YamlEntry{std::move(key.text), key.at, {}};
  }

  void end_entry(Level& level, YamlNode value) {
    YamlEntry entry = std::move(*level.entry);
    level.entry.reset();
    // The library puts an absent value where the next token is.
    if (value.is_null()) value.at = entry.at;
    entry.value = std::move(value);
    const auto [first, is_new] = level.keys.emplace(entry.key, entry.at.line);
    if (!is_new) {
      findings_.error(entry.at,
                      "the key \"" + entry.key + "\" stands twice in this map, first in line " +
                          std::to_string(first->second),
                      "keep one of them");
      return;
    }
    level.node.entries.push_back(std::move(entry));
  }

  Findings& findings_;
  YamlNode root_;
  std::vector<Level> levels_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

void parse(std::string_view text, TreeBuilder& builder) {
  TextBuffer buffer(text);
  std::istream stream(&buffer);
  YAML::Parser parser(stream);
  if (!parser.HandleNextDocument(builder)) return;
  parser.HandleNextDocument(builder);  // a second document stops in OnDocumentStart
}

bool is_indented_by_tab(std::string_view text, Position at) {
  for (int line = 1; line < at.line && !text.empty(); ++line)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  const std::string_view indentation = text.substr(0, text.find_first_not_of(" \t"));
  return indentation.find('\t') != std::string_view::npos;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const YamlEntry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

std::string_view name_of(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return "a value";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
  }
  return "nothing";
}

std::optional<YamlNode> read_yaml(std::string_view text, Findings& findings) {
  if (auto problem = check_yaml_text(text)) {
    findings.error(problem->at, problem->message, problem->mend);
    return std::nullopt;
  }
  TreeBuilder builder(findings);
  try {
    parse(text, builder);
  } catch (const Stop& stopped) {
    findings.error(stopped.why.at, stopped.why.message, stopped.why.mend);
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    const Position at = place(error.mark);
    findings.error(
        at, "this is not valid YAML: " + error.msg,
        is_indented_by_tab(text, at)
            ? "indent by spaces: YAML takes no tabs there"
            : "look for a missing quote, bracket or colon, or for wrong indentation, here or above");
    return std::nullopt;
  } catch (const std::exception& error) {
    findings.error({1, 1}, std::string("this is not valid YAML: ") + error.what());
    return std::nullopt;
  }
  return builder.take();
}

}  // namespace config

#include "config/yaml_text.h"

#include <string>
#include <utility>
#include <vector>

#include "core/base/utf8.h"

namespace config {
namespace {

constexpr char32_t kLineSeparator = 0x2028;
constexpr char32_t kParagraphSeparator = 0x2029;
constexpr char32_t kByteOrderMark = 0xFEFF;

Diagnostic wrong(Position at, std::string message, std::string mend = {}) {
  return Diagnostic{Severity::error, at, std::move(message), std::move(mend)};
}

bool is_printable(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return true;
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return false;
  return c != kLineSeparator && c != kParagraphSeparator && c != kByteOrderMark;
}

std::optional<Diagnostic> check_characters(std::string_view text) {
  Position at{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const core::Utf8Step step = core::decode_utf8(text.substr(i));
    if (!step.valid) {
      return wrong(at, "this byte is not UTF-8", "save the file as UTF-8");
    }
    const bool lone_return = step.code_point == '\r' && text.substr(i + 1, 1) != "\n";
    if (lone_return || !is_printable(step.code_point)) {
      return wrong(at, "a control character is not allowed here",
                   "in a double-quoted value it can be written as an escape such as \\u0000");
    }
    i += step.length;
    if (step.code_point == '\n') {
      ++at.line;
      at.column = 1;
    } else {
      at.column += step.length;
    }
  }
  return std::nullopt;
}

/// Walks once over the text with one line number, one stack of indentations and one count of open brackets.
class StructureCheck {
 public:
  explicit StructureCheck(std::string_view text) : text_(text) {}

  std::optional<Diagnostic> run() {
    while (at_ < text_.size() && !problem_) {
      if (flow_depth_ == 0) begin_line();
      if (!problem_) scan_line();
    }
    return std::move(problem_);
  }

 private:
  [[nodiscard]] char look(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n';
  }
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  [[nodiscard]] bool ends_line() const { return look() == '\n'; }
  [[nodiscard]] Position here() const { return {line_, static_cast<int>(at_ - line_start_) + 1}; }
  void fail(std::string message, std::string mend) {
    problem_ = wrong(here(), std::move(message), std::move(mend));
  }

  void next_line() {
    if (at_ < text_.size()) ++at_;
    ++line_;
    line_start_ = at_;
  }
  void skip_to_line_end() { at_ = std::min(text_.find('\n', at_), text_.size()); }
  void skip_blanks() {
    while (look() == ' ' || look() == '\t' || look() == '\r') ++at_;
  }

  void check_depth() {
    // One more than yaml_tree takes: the column of a flow list that is the whole file counts here.
    if (indents_.size() + flow_depth_ > kMaxDepth + 1) {
      fail("maps and lists are nested more than " + std::to_string(kMaxDepth) + " deep", "");
    }
  }

  /// Indentation, document markers and the "- " and "? " that open nested blocks on one line.
  void begin_line() {
    token_start_ = true;
    if (at_ == line_start_ && check_marker()) return;
    while (look() == ' ') ++at_;
    if (look() == '#' || look() == '\r' || ends_line()) return;
    while (!problem_) {
      const std::size_t column = at_ - line_start_;
      while (!indents_.empty() && indents_.back() >= column) indents_.pop_back();
      indents_.push_back(column);
      check_depth();
      const bool opens_block = (look() == '-' || look() == '?' || look() == ':') && is_blank(look(1));
      if (!opens_block || problem_) break;
      ++at_;
      skip_blanks();
      if (ends_line()) break;
    }
    seen_content_ = true;
  }

  /// Lines that are not content: directives and the borders of documents.
  bool check_marker() {
    if (look() == '%') {
      fail("YAML directives are not used in this file", "a value that begins with % must be quoted");
      return true;
    }
    const std::string_view marker = text_.substr(at_, 3);
    if ((marker != "---" && marker != "...") || !is_blank(look(3))) return false;
    if (marker == "..." || seen_content_) {
      fail("the file holds one YAML document",
           "remove this line and what does not belong to the first document");
      return true;
    }
    at_ += 3;
    seen_content_ = true;
    skip_blanks();
    return false;
  }

  void scan_line() {
    while (!ends_line() && !problem_) {
      const char c = look();
      if (c == '#' && (at_ == line_start_ || is_blank(text_[at_ - 1]))) {
        skip_to_line_end();
        break;
      }
      if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
      } else if (token_start_) {
        scan_token();
      } else {
        scan_inside();
      }
    }
    if (!problem_ && ends_line()) next_line();
  }

  /// The first character of a key or value.
  void scan_token() {
    token_start_ = false;
    switch (look()) {
      case '"':
      case '\'':
        return skip_quoted(look());
      case '[':
      case '{':
        return open_bracket();
      case ']':
      case '}':
        return close_bracket();
      case '|':
      case '>':
        if (flow_depth_ == 0) return skip_block_scalar();
        break;
      case '&':
        return fail("YAML anchors are not used in this file", "a value that begins with & must be quoted");
      case '*':
        return fail("YAML aliases are not used in this file",
                    "a value that begins with * must be quoted: \"*.example.com\"");
      case '!':
        return fail("YAML tags are not used in this file", "a value that begins with ! must be quoted");
      case '-':
      case '?':
      case ',':
        token_start_ = look() == ',' || is_blank(look(1));
        break;
      default:
        break;
    }
    ++at_;
  }

  /// A character inside or after a plain or quoted scalar.
  void scan_inside() {
    const char c = look();
    if (flow_depth_ != 0) {
      if (c == '[' || c == '{') return open_bracket();
      if (c == ']' || c == '}') return close_bracket();
      if (c == ',') token_start_ = true;
    }
    const bool flow_value = flow_depth_ != 0 && std::string_view(",[]{}\"'").contains(look(1));
    if (c == ':' && (is_blank(look(1)) || flow_value)) token_start_ = true;
    ++at_;
  }

  void open_bracket() {
    ++flow_depth_;
    check_depth();
    token_start_ = true;
    ++at_;
  }
  void close_bracket() {
    if (flow_depth_ != 0) --flow_depth_;
    token_start_ = false;
    ++at_;
  }

  void skip_quoted(char quote) {
    const Position opened = here();
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      } else if (c == '\\' && quote == '"' && look(1) != '\n') {
        ++at_;
      } else if (c == quote) {
        const bool doubled = quote == '\'' && look(1) == quote && at_ + 1 < text_.size();
        if (!doubled) {
          ++at_;
          return;
        }
        ++at_;
      }
    }
    problem_ = wrong(opened, std::string("the quote ") + quote + " is never closed", "");
  }

  /// "|" or ">" and the lines indented at least as far as its first one.
  void skip_block_scalar() {
    // The scalar of a list entry is measured from its dash.
    if (!indents_.empty() && indents_.back() == at_ - line_start_) indents_.pop_back();
    const std::size_t least = indents_.empty() ? 0 : indents_.back() + 1;
    ++at_;
    while (look() == '+' || look() == '-') ++at_;
    if (look() >= '0' && look() <= '9') {
      return fail("an indentation number after | or > is not allowed",
                  "remove it: the first line's indentation counts");
    }
    skip_to_line_end();
    std::size_t indent = 0;
    while (at_ < text_.size()) {
      next_line();
      std::size_t column = 0;
      while (look(column) == ' ') ++column;
      if (look(column) == '\n' || look(column) == '\r') {
        skip_to_line_end();
        continue;
      }
      if (indent == 0) indent = column >= least && column > 0 ? column : kNothing;
      if (column < indent) break;
      skip_to_line_end();
    }
    // The line that ended the scalar is begun by run(); scan_line() must not read it first.
    if (at_ < text_.size()) begin_line();
  }

  static constexpr std::size_t kNothing = static_cast<std::size_t>(-1);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
  bool token_start_ = true;
  bool seen_content_ = false;
  std::size_t flow_depth_ = 0;
  std::vector<std::size_t> indents_;
  std::optional<Diagnostic> problem_;
};

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

std::optional<Diagnostic> check_yaml_text(std::string_view text) {
  if (text.size() > kMaxFileBytes) {
    return wrong({1, 1}, "the file is larger than 1 MiB", "");
  }
  if (auto problem = check_characters(text)) return problem;
  return StructureCheck(text).run();
}

}  // namespace config

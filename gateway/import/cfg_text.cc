#include "gateway/import/cfg_text.h"

#include <algorithm>
#include <optional>
#include <set>

#include "config/yaml_text.h"
#include "core/base/utf8.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxEntries = 10'000;

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// One reading head over a text, which knows its line.
class Reader {
 public:
  Reader(std::string_view text, config::Findings& findings) : text_(text), findings_(findings) {
    if (text_.size() > config::kMaxFileBytes) {
      fail("the file is larger than 1 MiB");
    } else if (!core::is_valid_utf8(text_)) {
      fail("this is not UTF-8", "save the file as UTF-8");
    }
  }

  [[nodiscard]] bool is_done() const { return at_ >= text_.size() || failed_; }
  [[nodiscard]] char look() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] int line() const { return line_; }
  [[nodiscard]] bool failed() const { return failed_; }

  char take() {
    const char c = look();
    if (c == '\n') {
      ++line_;
      line_start_ = at_ + 1;
    }
    ++at_;
    return c;
  }
  void skip_blanks() {
    while (look() == ' ' || look() == '\t' || look() == '\r') take();
  }
  void skip_line() {
    while (!is_done() && look() != '\n') take();
  }
  /// Blanks, line ends and comments.
  void skip_space() {
    while (!is_done()) {
      skip_blanks();
      if (look() == '#') {
        skip_line();
      } else if (look() == '\n') {
        take();
      } else {
        return;
      }
    }
  }
  void fail(std::string message, std::string mend = {}) {
    if (!failed_)
      findings_.error({line_, static_cast<int>(at_ - std::min(at_, line_start_)) + 1}, std::move(message),
                      std::move(mend));
    failed_ = true;
  }

 private:
  std::string_view text_;
  config::Findings& findings_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
  bool failed_ = false;
};

/// What stands behind a backslash in a basic text of TOML; values of several lines mean nothing here.
std::optional<char> escaped(char c) {
  if (c == 't') return '\t';
  if (c == '"' || c == '\\') return c;
  return std::nullopt;
}

std::string read_quoted(Reader& in) {
  const char quote = in.take();
  std::string text;
  while (!in.is_done() && in.look() != quote && in.look() != '\n') {
    const char c = in.take();
    if (c != '\\' || quote == '\'') {
      text.push_back(c);
      continue;
    }
    const std::optional<char> meant = escaped(in.take());
    if (!meant) in.fail("this escape is not known here", "write the character itself");
    text.push_back(meant.value_or('?'));
  }
  if (in.look() != quote) in.fail("the quote is never closed on its line");
  in.take();
  return text;
}

std::string read_scalar(Reader& in) {
  if (in.look() == '"' || in.look() == '\'') return read_quoted(in);
  std::string text;
  while (!in.is_done() && std::string_view(" \t\r\n,]#").find(in.look()) == std::string_view::npos)
    text.push_back(in.take());
  if (text.empty()) in.fail("expected a value", "a text stands in double quotes");
  const bool is_bare =
      std::ranges::all_of(text, [](char c) { return is_key_character(c) || c == '.' || c == '+'; });
  if (!is_bare) in.fail("expected true, false, a number or a quoted text", "put the text into double quotes");
  return text;
}

std::vector<std::string> read_values(Reader& in) {
  std::vector<std::string> values;
  if (in.look() != '[') return {read_scalar(in)};
  in.take();
  while (!in.failed()) {
    in.skip_space();
    if (in.is_done()) in.fail("the list is never closed", "close it with ]");
    if (in.look() == ']') break;
    values.push_back(read_scalar(in));
    if (values.size() > kMaxEntries) in.fail("the list is too long");
    in.skip_space();
    if (in.look() == ',') {
      in.take();
    } else if (in.look() != ']') {
      in.fail("expected a comma or ] here");
    }
  }
  in.take();
  return values;
}

std::string read_key(Reader& in) {
  if (in.look() == '"' || in.look() == '\'') return read_quoted(in);
  std::string key;
  while (is_key_character(in.look())) key.push_back(in.take());
  if (in.look() == '[') in.fail("tables are not known here", "oauth2-proxy's options stand at the top");
  if (key.empty()) in.fail("expected an option's name");
  return key;
}

}  // namespace

std::vector<CfgEntry> read_cfg(std::string_view text, config::Findings& findings) {
  std::vector<CfgEntry> entries;
  std::set<std::string> seen;
  Reader in(config::without_byte_order_mark(text), findings);
  for (in.skip_space(); !in.is_done(); in.skip_space()) {
    CfgEntry entry;
    entry.line = in.line();
    entry.key = read_key(in);
    in.skip_blanks();
    if (!in.failed() && in.take() != '=') in.fail("expected = behind the name " + entry.key);
    in.skip_blanks();
    if (!in.failed()) entry.values = read_values(in);
    in.skip_blanks();
    if (in.look() == '#') in.skip_line();
    if (!in.is_done() && in.look() != '\n') in.fail("expected the end of the line");
    if (!in.failed() && !seen.insert(entry.key).second) in.fail("the option " + entry.key + " stands twice");
    if (entries.size() >= kMaxEntries) in.fail("the file holds too many options");
    if (!in.failed()) entries.push_back(std::move(entry));
  }
  return in.failed() ? std::vector<CfgEntry>() : entries;
}

std::vector<Word> split_words(std::string_view text, config::Findings& findings) {
  std::vector<Word> words;
  Reader in(config::without_byte_order_mark(text), findings);
  std::optional<Word> word;
  char quote = '\0';
  const auto add = [&](char c) {
    if (!word) word = Word{{}, in.line()};
    word->text.push_back(c);
  };
  const auto end_word = [&] {
    if (word) words.push_back(std::move(*word));
    word.reset();
    if (words.size() > kMaxEntries) in.fail("the command line has too many words");
  };
  while (!in.is_done()) {
    const char c = in.take();
    if (c == '\\' && quote != '\'') {
      if (in.look() == '\r') in.take();
      const char next = in.is_done() ? '\n' : in.take();
      const bool stays = quote == '"' && next != '"' && next != '\\' && next != '$' && next != '`';
      if (next == '\n') continue;
      if (stays) add('\\');
      add(next);
    } else if (quote != '\0') {
      if (c == quote)
        quote = '\0';
      else
        add(c);
    } else if (c == '"' || c == '\'') {
      quote = c;
      if (!word) word = Word{{}, in.line()};
    } else if (c == '#' && !word) {
      in.skip_line();
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      end_word();
    } else {
      add(c);
    }
  }
  if (quote != '\0') in.fail("a quote is never closed");
  end_word();
  return in.failed() ? std::vector<Word>() : words;
}

std::vector<CfgEntry> read_env(std::string_view text, config::Findings& findings) {
  std::vector<CfgEntry> entries;
  int number = 0;
  text = config::without_byte_order_mark(text);
  while (!text.empty() && !findings.is_full()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    // An env file of Docker knows no quotes: blanks belong to the value there, which is what people mean.
    const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
    line.remove_prefix(begin);
    if (line.starts_with("export ")) line.remove_prefix(7);
    if (line.empty() || line.front() == '#' || line.front() == '\r') continue;
    const std::size_t equals = line.find('=');
    const std::string_view key = line.substr(0, equals);
    if (equals == std::string_view::npos || key.empty() || !std::ranges::all_of(key, is_key_character)) {
      findings.error({number, 1}, "expected NAME=value");
      continue;
    }
    std::string_view value = line.substr(equals + 1);
    value = value.substr(0, value.find_last_not_of(" \t\r") + 1);
    const bool is_quoted =
        value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
    if (is_quoted) value = value.substr(1, value.size() - 2);
    if (!core::is_valid_utf8(value)) {
      findings.error({number, 1}, "this is not UTF-8", "save the file as UTF-8");
      continue;
    }
    entries.push_back({std::string(key), {std::string(value)}, number});
  }
  return entries;
}

}  // namespace gateway

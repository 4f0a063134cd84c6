// Writes YAML that read_yaml reads back: block maps and lists, every text in double quotes. What is written
// is decided in print_*.cc.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace config {

/// Lines of block YAML: a key, its value, two blanks a level.
class Writer {
 public:
  void open(std::string_view key) {
    indent();
    out_.append(key).append(":\n");
    ++depth_;
  }
  void close() { --depth_; }
  void entry(std::string_view key, std::string_view value) {
    indent();
    out_.append(key).append(": ").append(value).append("\n");
  }
  /// The next entry begins an item of a list; the others follow one level deeper.
  void item() {
    ++depth_;
    is_item_ = true;
  }
  void comment(std::string_view text) {
    indent();
    out_.append("# ").append(text).append("\n");
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void indent() {
    const int blanks = 2 * depth_;
    if (is_item_) {
      out_.append(static_cast<std::size_t>(blanks - 2), ' ').append("- ");
    } else {
      out_.append(static_cast<std::size_t>(blanks), ' ');
    }
    is_item_ = false;
  }

  std::string out_;
  int depth_ = 0;
  bool is_item_ = false;
};

/// `text` in double quotes; "${" is written so that it is not replaced when read again.
std::string quoted(std::string_view text);
/// A flow list of quoted texts.
std::string list_of(const std::vector<std::string>& items);
/// 90s, 5m, 12h: the largest unit without a fraction.
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace config

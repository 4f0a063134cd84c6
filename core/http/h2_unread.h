// Bytes of a body that came on an HTTP/2 stream and that its handler has not taken yet. For the sources of
// this folder only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace core {

class H2Unread {
 public:
  /// Of what waited, delivered at once.
  static constexpr std::size_t kPieceBytes = 64 * 1024;

  /// `bytes`, its memory, must outlive it.
  explicit H2Unread(std::string& bytes) : bytes_(bytes) {}

  [[nodiscard]] bool empty() const { return begin_ == bytes_.size(); }
  [[nodiscard]] std::size_t size() const { return bytes_.size() - begin_; }
  /// A sender that is always ahead of its reader never lets what waits become empty: what was taken goes
  /// before more is kept, or a whole message would stay. Half of it at a time, so that each byte moves once.
  void keep(std::string_view more) {
    if (begin_ >= bytes_.size() / 2) {
      bytes_.erase(0, begin_);
      begin_ = 0;
    }
    bytes_.append(more);
  }
  /// The next piece; valid until more is kept, or settle().
  std::string_view take() {
    const std::string_view piece = std::string_view(bytes_).substr(begin_, kPieceBytes);
    begin_ += piece.size();
    return piece;
  }
  /// Frees what was taken, if that is all.
  void settle() {
    if (!empty()) return;
    bytes_.clear();
    begin_ = 0;
  }
  /// Nothing of it is wanted. The bytes stay: a handler may be looking at them.
  void drop() { begin_ = bytes_.size(); }

 private:
  std::string& bytes_;
  std::size_t begin_ = 0;
};

}  // namespace core

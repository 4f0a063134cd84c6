// What is gathered, what is written at once, and what is kept after a short write.
#include "core/http/message_output.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"

namespace core {

void MessageOutput::lend(std::string* gathered) {
  CHECK(is_empty());
  gathered_ = gathered;
  sent_ = 0;
}

void MessageOutput::add(std::string_view bytes, std::string_view tail) {
  if (is_broken_) return;
  if (is_blocked_ || bytes.size() + waiting() < kDirectBytes) {
    gathered_->append(bytes);
    gathered_->append(tail);
    return;
  }
  write_through(bytes, tail);
}

void MessageOutput::flush() {
  if (is_broken_ || is_blocked_ || is_empty()) return;
  write_through({}, {});
}

void MessageOutput::writable() {
  is_blocked_ = false;
  flush();
}

void MessageOutput::write_through(std::string_view bytes, std::string_view tail) {
  std::array<std::string_view, 3> pieces;
  std::size_t count = 0;
  for (const std::string_view piece : {std::string_view(*gathered_).substr(sent_), bytes, tail}) {
    if (!piece.empty()) pieces[count++] = piece;
  }
  const Result<std::size_t> written = stream_.write(std::span(pieces).first(count));
  if (!written.has_value()) {
    is_broken_ = true;
    gathered_->clear();
    sent_ = 0;
    return;
  }
  const std::size_t total = waiting() + bytes.size() + tail.size();
  written_ += *written;
  is_blocked_ = *written < total;
  keep_from(*written, bytes, tail);
}

/// Keeps what of the gathered bytes, `bytes` and `tail` comes after the first `written`.
void MessageOutput::keep_from(std::size_t written, std::string_view bytes, std::string_view tail) {
  const std::size_t of_gathered = std::min(written, waiting());
  sent_ += of_gathered;
  written -= of_gathered;
  if (sent_ == gathered_->size()) {
    gathered_->clear();
    sent_ = 0;
  } else if (sent_ >= kDirectBytes) {
    gathered_->erase(0, sent_);
    sent_ = 0;
  }
  const std::size_t of_bytes = std::min(written, bytes.size());
  gathered_->append(bytes.substr(of_bytes));
  gathered_->append(tail.substr(std::min(written - of_bytes, tail.size())));
}

}  // namespace core

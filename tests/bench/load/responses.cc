#include "tests/bench/load/responses.h"

#include <algorithm>
#include <charconv>

#include "tests/bench/load/connection.h"

namespace bench {

namespace {

constexpr std::size_t kLongestHead = 16384;

}  // namespace

unsigned Responses::take(std::string_view bytes) {
  unsigned ended = 0;
  while (!bytes.empty()) {
    if (!isInBody_) {
      const std::size_t before = head_.size();
      head_ += bytes;
      const std::size_t end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
      if (end == std::string::npos) {
        if (head_.size() > kLongestHead) fail("a head without end");
        return ended;
      }
      bytes.remove_prefix(end + 4 - before);
      head(std::string_view(head_).substr(0, end + 2));
      head_.clear();
      isInBody_ = true;
    }
    const std::uint64_t part = std::min<std::uint64_t>(rest_, bytes.size());
    bytes.remove_prefix(part);
    rest_ -= part;
    bodyBytes_ += part;
    if (rest_ > 0) continue;
    isInBody_ = false;
    ++ended;
  }
  return ended;
}

void Responses::head(std::string_view text) {
  if (!text.starts_with("HTTP/1.1 200")) fail(text.substr(0, text.find('\r')));
  constexpr std::string_view kName = "content-length:";
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    const std::string_view line = text.substr(at + 1);
    const bool isLength =
        line.size() > kName.size() &&
        std::equal(kName.begin(), kName.end(), line.begin(), [](char a, char b) { return a == (b | 0x20); });
    if (!isLength) continue;
    const std::size_t digits = line.find_first_not_of(' ', kName.size());
    if (std::from_chars(line.data() + digits, line.data() + line.size(), rest_).ec == std::errc()) return;
  }
  fail("a response without Content-Length");
}

}  // namespace bench

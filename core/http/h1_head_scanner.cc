// Looks for line feeds only; what the lines say is the parser's to judge (RFC 9112 section 2.2).
#include "core/http/h1_head_scanner.h"

#include "core/http/characters.h"

namespace core {
namespace {

constexpr Refusal kBareLineFeed{400, "a line ends in LF without CR"};
constexpr Refusal kTargetTooLong{414, "the request line is too long"};
constexpr Refusal kHeadTooLarge{431, "the header section is too large"};
constexpr Refusal kNotHttp{400, "the first byte is not HTTP"};

}  // namespace

HeadScanner::Line HeadScanner::end_of_line(std::string_view piece) {
  const char before = piece.empty() ? last_ : piece.back();
  const std::size_t length = line_bytes_ + piece.size();
  line_bytes_ = 0;
  if (length == 0 || before != '\r') return Line::broken;
  if (length > 1) {
    in_first_line_ = false;
    return Line::whole;
  }
  if (section_ == Section::head && in_first_line_) {
    if (has_skipped_) return Line::broken;
    has_skipped_ = true;
    return Line::skipped;
  }
  return Line::empty;
}

HeadScanner::Step HeadScanner::scan(std::string_view bytes, const Limits& limits, std::string& gathered) {
  if (bytes.empty()) return {};
  if (!has_begun_ && section_ == Section::head) {
    if (bytes.front() != '\r' && !http_characters::is_token_byte(bytes.front()))
      return {State::refused, 0, kNotHttp};
  }
  has_begun_ = true;
  std::size_t begin = 0;
  std::size_t at = 0;
  State state = State::more;
  while (state == State::more) {
    const std::size_t line_feed = bytes.find('\n', at);
    const std::size_t end = line_feed == std::string_view::npos ? bytes.size() : line_feed + 1;
    if (in_first_line_ && line_bytes_ + (end - at) > limits.first_line)
      return {State::refused, 0, kTargetTooLong};
    if (gathered.size() + (end - begin) > limits.section) {
      return {State::refused, 0, in_first_line_ ? kTargetTooLong : kHeadTooLarge};
    }
    if (line_feed == std::string_view::npos) {
      line_bytes_ += end - at;
      last_ = bytes.back();
      at = end;
      break;
    }
    const Line line = end_of_line(bytes.substr(at, line_feed - at));
    at = end;
    if (line == Line::broken) return {State::refused, 0, kBareLineFeed};
    if (line == Line::empty) state = State::complete;
    if (line == Line::skipped) {
      gathered.clear();
      begin = at;
    }
    if (at == bytes.size()) break;
  }
  gathered.append(bytes.substr(begin, at - begin));
  return {state, at, {}};
}

}  // namespace core

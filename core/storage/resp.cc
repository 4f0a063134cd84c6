#include "core/storage/resp.h"

#include <charconv>
#include <optional>

namespace core {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  RespReading read() {
    RespReading reading;
    reading.state = value(reading.value, 0);
    if (reading.state == State::complete) reading.size = at_;
    if (reading.state != State::complete) reading.value = {};
    reading.why = why_;
    return reading;
  }

 private:
  using State = RespReading::State;
  using Kind = RespValue::Kind;

  State malformed(std::string_view why) {
    why_ = why;
    return State::malformed;
  }

  /// The rest of the line after the type byte.
  State line(std::string_view& out) {
    const std::string_view rest = bytes_.substr(at_);
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos)
      return rest.size() > kMaxRespLineBytes ? malformed("a line without end") : State::needs_more;
    if (end > kMaxRespLineBytes || end == 0 || rest[end - 1] != '\r') return malformed("a line that is none");
    out = rest.substr(0, end - 1);
    if (out.find('\r') != std::string_view::npos) return malformed("a line that is none");
    at_ += end + 1;
    return State::complete;
  }

  State number(std::int64_t& out) {
    std::string_view text;
    if (const State state = line(text); state != State::complete) return state;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    const bool is_number = error == std::errc() && end == text.data() + text.size();
    return is_number ? State::complete : malformed("a number that is none");
  }

  State bulk(RespValue& out) {
    std::int64_t length = 0;
    if (const State state = number(length); state != State::complete) return state;
    if (length == -1) return State::complete;
    if (length < 0 || static_cast<std::uint64_t>(length) > kMaxRespBulkBytes)
      return malformed("a string over the limit");
    const auto size = static_cast<std::size_t>(length);
    const std::string_view rest = bytes_.substr(at_);
    if (rest.size() < size + kLineEnd.size()) return State::needs_more;
    if (rest.substr(size, kLineEnd.size()) != kLineEnd) return malformed("a string without its end");
    out.kind = Kind::bulk;
    out.text = rest.substr(0, size);
    at_ += size + kLineEnd.size();
    return State::complete;
  }

  State array(RespValue& out, int depth) {
    std::int64_t count = 0;
    if (const State state = number(count); state != State::complete) return state;
    if (count == -1) return State::complete;
    if (count < 0 || static_cast<std::uint64_t>(count) > kMaxRespItems - items_)
      return malformed("an array over the limit");
    items_ += static_cast<std::size_t>(count);
    out.kind = Kind::array;
    for (std::int64_t i = 0; i < count; ++i) {
      RespValue item;
      if (const State state = value(item, depth + 1); state != State::complete) return state;
      out.items.push_back(std::move(item));
    }
    return State::complete;
  }

  State text(Kind kind, RespValue& out) {
    std::string_view line_text;
    if (const State state = line(line_text); state != State::complete) return state;
    out.kind = kind;
    out.text = line_text;
    return State::complete;
  }

  State value(RespValue& out, int depth) {
    if (depth > kMaxRespDepth) return malformed("arrays within arrays over the limit");
    if (at_ == bytes_.size()) return State::needs_more;
    switch (bytes_[at_++]) {
      case '+':
        return text(Kind::status, out);
      case '-':
        return text(Kind::error, out);
      case ':':
        out.kind = Kind::integer;
        return number(out.integer);
      case '$':
        return bulk(out);
      case '*':
        return array(out, depth);
      default:
        return malformed("a reply of no known type");
    }
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t items_ = 0;
  std::string_view why_;
};

}  // namespace

RespReading read_resp(std::string_view bytes) {
  return Reader(bytes).read();
}

void append_resp_command(std::span<const std::string_view> arguments, std::string& out) {
  out.append("*").append(std::to_string(arguments.size())).append(kLineEnd);
  for (const std::string_view argument : arguments) {
    out.append("$").append(std::to_string(argument.size())).append(kLineEnd);
    out.append(argument).append(kLineEnd);
  }
}

}  // namespace core

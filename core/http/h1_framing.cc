// Body length rules (RFC 9112 section 6) and the chunk decoder (section 7.1): line bytes go through a machine
// one by one, data is moved in blocks.
#include "core/http/h1_framing.h"

#include <algorithm>

#include "core/http/characters.h"
#include "core/http/h1_fields.h"
#include "core/http/limits.h"

namespace core {
namespace {

using http_characters::next_element;

constexpr std::uint64_t kMaxLength = std::uint64_t{1} << 62;
constexpr std::size_t kMaxLengthDigits = 19;

std::optional<std::uint64_t> decimal(std::string_view text) {
  if (text.empty() || text.size() > kMaxLengthDigits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value > kMaxLength) return std::nullopt;
  return value;
}

std::optional<Refusal> read_transfer_encoding(std::string_view value, HttpVersion version, Framing& framing) {
  if (version == HttpVersion::http10) return Refusal{400, "Transfer-Encoding in HTTP/1.0"};
  if (framing.is_chunked) return Refusal{400, "Transfer-Encoding twice"};
  if (!equals_ignoring_case(value, "chunked")) {
    if (is_token(value)) return Refusal{501, "unknown transfer coding"};
    return Refusal{400, "Transfer-Encoding is not exactly chunked"};
  }
  framing.is_chunked = true;
  return std::nullopt;
}

std::optional<Refusal> read_connection(std::string_view list, std::size_t& options, Framing& framing) {
  while (!list.empty()) {
    const std::string_view option = next_element(list);
    if (++options > kMaxConnectionOptions) return Refusal{400, "too many options in Connection"};
    if (option.empty()) continue;
    if (!is_token(option)) return Refusal{400, "an option of Connection is not a token"};
    if (equals_ignoring_case(option, "close")) framing.closes = true;
    if (equals_ignoring_case(option, "upgrade")) framing.upgrades = true;
  }
  return std::nullopt;
}

/// The value of a hexadecimal digit, or -1.
int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<Refusal> read_framing(const Fields& fields, HttpVersion version, Framing& framing) {
  std::size_t options = 0;
  for (const Field& field : fields) {
    std::optional<Refusal> refusal;
    if (field.id == FieldId::transfer_encoding) {
      refusal = read_transfer_encoding(field.value, version, framing);
    } else if (field.id == FieldId::content_length) {
      if (framing.length.has_value()) return Refusal{400, "Content-Length twice"};
      framing.length = decimal(field.value);
      if (!framing.length.has_value()) return Refusal{400, "Content-Length is not a number"};
    } else if (field.id == FieldId::connection) {
      refusal = read_connection(field.value, options, framing);
    }
    if (refusal.has_value()) return refusal;
  }
  if (framing.is_chunked && framing.length.has_value()) {
    return Refusal{400, "Content-Length and Transfer-Encoding together"};
  }
  return std::nullopt;
}

void remove_forbidden_trailers(Fields& trailers) {
  trailers.remove_if([](const Field& field) { return field.id != FieldId::other; });
}

void ChunkDecoder::reset() {
  step_ = Step::size_first;
  left_ = 0;
  digits_ = 0;
  line_bytes_ = 0;
  extension_bytes_ = 0;
  scanner_.reset();
  trailer_bytes_.clear();
  trailers_.clear();
}

bool ChunkDecoder::refuse(std::string_view reason) {
  reason_ = reason;
  return false;
}

ChunkDecoder::Decoded ChunkDecoder::decode(std::span<char> bytes) {
  Decoded out;
  while (out.used < bytes.size() && out.state == State::more) {
    if (step_ == Step::data) {
      take_data(bytes, out);
    } else if (step_ == Step::trailers) {
      take_trailers(bytes, out);
    } else if (take_line_byte(bytes[out.used])) {
      ++out.used;
    } else {
      out.state = State::refused;
      out.refusal = {400, reason_};
    }
  }
  return out;
}

void ChunkDecoder::take_data(std::span<char> bytes, Decoded& out) {
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - out.used));
  char* const from = bytes.data() + out.used;
  if (out.data.empty()) {
    out.data = {from, count};
  } else {
    // Moved up to the piece before; only ever into bytes that are consumed already.
    char* const to = bytes.data() + (out.data.data() - bytes.data()) + out.data.size();
    std::char_traits<char>::move(to, from, count);
    out.data = {out.data.data(), out.data.size() + count};
  }
  out.used += count;
  left_ -= count;
  if (left_ == 0) step_ = Step::data_return;
}

void ChunkDecoder::take_trailers(std::span<char> bytes, Decoded& out) {
  const std::string_view rest(bytes.data() + out.used, bytes.size() - out.used);
  const HeadScanner::Step step = scanner_.scan(rest, {kMaxTrailerBytes, kMaxTrailerBytes}, trailer_bytes_);
  out.used += step.used;
  if (step.state == HeadScanner::State::more) return;
  if (step.state == HeadScanner::State::refused) {
    out.state = State::refused;
    out.refusal = {400, "the trailer section is malformed or too large"};
    return;
  }
  const std::string_view section = std::string_view(trailer_bytes_).substr(0, trailer_bytes_.size() - 2);
  const std::optional<Refusal> refusal = parse_fields(section, kMaxTrailers, trailers_);
  out.state = refusal.has_value() ? State::refused : State::end;
  if (refusal.has_value()) out.refusal = *refusal;
  remove_forbidden_trailers(trailers_);
}

bool ChunkDecoder::take_line_byte(char c) {
  if (++line_bytes_ > kMaxChunkLineBytes) return refuse("a chunk line is too long");
  switch (step_) {
    case Step::size_first:
    case Step::size:
      return take_size_digit(c);
    case Step::size_line_feed:
      return take_size_end(c);
    case Step::data_return:
      if (c != '\r') return refuse("a chunk is longer than its size");
      step_ = Step::data_line_feed;
      return true;
    case Step::data_line_feed:
      if (c != '\n') return refuse("a chunk does not end in CR LF");
      step_ = Step::size_first;
      line_bytes_ = 0;
      digits_ = 0;
      return true;
    default:
      if (++extension_bytes_ > kMaxChunkExtensionBytes) return refuse("too many bytes of chunk extensions");
      return take_extension(c);
  }
}

bool ChunkDecoder::take_size_digit(char c) {
  const int digit = digit_value(c);
  if (digit >= 0) {
    if (++digits_ > kMaxChunkSizeDigits) return refuse("a chunk size has too many digits");
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    step_ = Step::size;
    return true;
  }
  if (digits_ == 0) return refuse("a chunk size is not hexadecimal");
  if (c == '\r') {
    step_ = Step::size_line_feed;
    return true;
  }
  if (c != ';') return refuse("a chunk size is not hexadecimal");
  step_ = Step::extension_name_first;
  return true;
}

bool ChunkDecoder::take_size_end(char c) {
  if (c != '\n') return refuse("a chunk size line does not end in CR LF");
  line_bytes_ = 0;
  step_ = left_ == 0 ? Step::trailers : Step::data;
  return true;
}

bool ChunkDecoder::take_extension(char c) {
  const auto refused = [this] { return refuse("a chunk extension is malformed"); };
  const bool is_token = http_characters::is_token_byte(c);
  switch (step_) {
    case Step::extension_name_first:
    case Step::extension_value_first:
      if (c == '"' && step_ == Step::extension_value_first) {
        step_ = Step::extension_quoted;
        return true;
      }
      if (!is_token) return refused();
      step_ = step_ == Step::extension_name_first ? Step::extension_name : Step::extension_token;
      return true;
    case Step::extension_quoted:
      if (!http_characters::has_no_controls({&c, 1})) return refused();
      if (c == '"') step_ = Step::extension_quoted_end;
      if (c == '\\') step_ = Step::extension_quoted_pair;
      return true;
    case Step::extension_quoted_pair:
      if (!http_characters::has_no_controls({&c, 1})) return refused();
      step_ = Step::extension_quoted;
      return true;
    default:
      break;
  }
  if (is_token && step_ != Step::extension_quoted_end) return true;
  if (c == '=' && step_ == Step::extension_name) {
    step_ = Step::extension_value_first;
  } else if (c == ';') {
    step_ = Step::extension_name_first;
  } else if (c == '\r') {
    step_ = Step::size_line_feed;
  } else {
    return refused();
  }
  return true;
}

}  // namespace core

// Where an HTTP/1.1 message body ends (RFC 9112 sections 6 and 7): the rules that choose its length, and the
// decoder of the chunked coding. Everything that two parsers have been seen to read differently is a refusal
// here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/http/fields.h"
#include "core/http/h1_head_scanner.h"
#include "core/http/message.h"
#include "core/http/refusal.h"

namespace core {

/// What the framing and connection fields of a head say.
struct Framing {
  bool is_chunked = false;
  std::optional<std::uint64_t> length;  ///< Content-Length
  bool closes = false;                  ///< Connection: close
  bool upgrades = false;                ///< Connection: upgrade
};

/// Reads Transfer-Encoding, Content-Length and Connection. Refuses both lengths together, either of them
/// twice, a coding other than exactly "chunked" (501 if it is a coding we do not know), any coding in
/// HTTP/1.0, and a length that is not plain digits below 2^63. An endless Connection list is refused too.
std::optional<Refusal> read_framing(const Fields& fields, HttpVersion version, Framing& framing);

/// Removes from trailers what must never be one: every field that the gateway itself looks at (framing,
/// routing, credentials, forwarding; RFC 9110 section 6.5.1). Identity fields are the gateway's to remove.
void remove_forbidden_trailers(Fields& trailers);

/// Decodes a chunked body in place, so that all data of one read is delivered as one piece whatever its
/// chunks were. Extensions are checked and dropped. Keeps no data, only the trailer section (at most
/// kMaxTrailerBytes).
class ChunkDecoder {
 public:
  enum class State { more, end, refused };
  struct Decoded {
    State state = State::more;
    std::string_view
        data;              ///< into the bytes given, moved together; what precedes a refusal is not delivered
    std::size_t used = 0;  ///< bytes consumed; after `end` the rest belongs to the next message
    Refusal refusal;
  };

  /// Takes the next bytes of the body, which it may move and overwrite. Requires: the last outcome was
  /// `more`.
  Decoded decode(std::span<char> bytes);
  /// After `end`: the trailer fields, views into this decoder, forbidden ones removed.
  [[nodiscard]] const Fields& trailers() const { return trailers_; }
  /// For the next body. Keeps memory.
  void reset();

 private:
  enum class Step {
    size_first,
    size,
    size_line_feed,
    extension_name_first,
    extension_name,
    extension_value_first,
    extension_token,
    extension_quoted,
    extension_quoted_pair,
    extension_quoted_end,
    data,
    data_return,
    data_line_feed,
    trailers,
  };
  bool take_line_byte(char c);
  bool take_size_digit(char c);
  bool take_size_end(char c);
  bool take_extension(char c);
  void take_data(std::span<char> bytes, Decoded& out);
  void take_trailers(std::span<char> bytes, Decoded& out);
  bool refuse(std::string_view reason);

  Step step_ = Step::size_first;
  std::uint64_t left_ = 0;  // of the chunk: its size while the line is read, then what is missing
  unsigned digits_ = 0;
  std::size_t line_bytes_ = 0;
  std::size_t extension_bytes_ = 0;
  std::string_view reason_;
  HeadScanner scanner_{HeadScanner::Section::trailers};
  std::string trailer_bytes_;
  Fields trailers_;
};

}  // namespace core

// Where frames end, by length alone: every split, every length form, and what makes the end unknown.
#include "core/http/websocket_frames.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace core {
namespace {

using namespace std::string_literals;

/// A frame of a server: first byte, the length in its shortest form, payload.
std::string frame(unsigned first, std::size_t size) {
  std::string bytes(1, static_cast<char>(first));
  if (size < 126) {
    bytes += static_cast<char>(size);
  } else if (size < 65'536) {
    bytes += '\x7e';
    bytes += static_cast<char>(size >> 8U);
    bytes += static_cast<char>(size & 0xffU);
  } else {
    bytes += "\x7f\0\0\0\0"s;
    for (unsigned shift = 32; shift > 0; shift -= 8) bytes += static_cast<char>(size >> (shift - 8) & 0xffU);
  }
  return bytes + std::string(size, '\x88');
}

bool may_insert_after(std::string_view bytes) {
  WebSocketBoundary boundary;
  boundary.pass(bytes);
  return boundary.may_insert();
}

TEST_CASE("P02: a frame may be inserted where the frames of the origin end, and nowhere else") {
  std::string all;
  std::vector<bool> ends{true};
  for (const std::size_t size : {0, 1, 2, 125, 126, 127, 255, 256, 65'535, 65'536, 70'000}) {
    for (const unsigned first : {0x81U, 0x02U, 0x00U, 0x80U, 0x89U, 0x8aU, 0xc2U, 0xf3U}) {
      all += frame(first, size);
      ends.resize(all.size(), false);
      ends.push_back(true);
    }
  }
  WebSocketBoundary byte_by_byte;
  bool is_right = byte_by_byte.may_insert();
  for (std::size_t i = 0; i < all.size(); ++i) {
    byte_by_byte.pass(std::string_view(all).substr(i, 1));
    is_right = is_right && byte_by_byte.may_insert() == ends[i + 1];
  }
  CHECK(is_right);
  for (const std::size_t piece : {2, 3, 7, 1000, 65'535, 1'000'000}) {
    CAPTURE(piece);
    WebSocketBoundary boundary;
    bool agrees = true;
    for (std::size_t from = 0; from < all.size(); from += piece) {
      boundary.pass(std::string_view(all).substr(from, piece));
      agrees = agrees && boundary.may_insert() == ends[std::min(from + piece, all.size())];
    }
    CHECK(agrees);
  }
}

TEST_CASE("P02: where a frame ends is not known, or nobody listens any more: nothing is inserted") {
  struct Row {
    std::string bytes;
    bool expected;
    const char* why;
  };
  const std::vector<Row> rows = {
      {"", true, "nothing yet"},
      {"\x81", false, "half a header"},
      {"\x81\x7e\1", false, "half a length"},
      {"\x81\3ab", false, "one byte is missing"},
      {frame(0x81, 3), true, "a whole frame"},
      {frame(0x88, 0), false, "behind a Close"},
      {frame(0x88, 2) + frame(0x81, 1), false, "behind a Close and more"},
      {frame(0x08, 2), false, "behind a Close that is not final"},
      {"\x81\x80", false, "masked: no server"},
      {"\x81\x80" + std::string(4, 'm') + frame(0x81, 1), false, "masked: whatever follows"},
      {"\x82\x7f\x80"s + std::string(7, '\0'), false, "2^63 bytes"},
      {"\x82\x7f\x7f"s + std::string(7, '\xff'), false, "2^63-1 bytes"},
      {"\x82\x7f"s + std::string(8, '\0'), true, "no bytes, in the longest form"},
      {"\x88\x7f"s + std::string(8, '\0'), false, "a Close in the longest form"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(may_insert_after(row.bytes) == row.expected);
  }
}

TEST_CASE("a Close frame of a server holds its code and reason, and is not masked") {
  CHECK(websocket_close_frame(WebSocketClose::policy_violation, "no") == "\x88\4\x03\xf0no"s);
  CHECK(websocket_close_frame(WebSocketClose::going_away, "") == "\x88\2\x03\xe9"s);
  CHECK(websocket_close_frame(WebSocketClose::going_away, std::string(123, 'x')).size() == 127);
}

}  // namespace
}  // namespace core

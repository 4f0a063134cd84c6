// Where the frames of an HTTP/2 connection begin (RFC 9113 section 4.1): a walk over what a client sends,
// before it is given to the library, so that floods are counted by frames and cut off before they are worked.
// Checks nothing: what is malformed is the library's to find.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace core {

/// Frame types and flags that are looked at here (RFC 9113 section 6, RFC 9218 section 7.1).
enum class H2FrameType : std::uint8_t {
  data = 0,
  headers = 1,
  priority = 2,
  reset = 3,
  settings = 4,
  push_promise = 5,
  ping = 6,
  goaway = 7,
  window_update = 8,
  continuation = 9,
  priority_update = 16,
};
inline constexpr std::uint8_t kH2EndStream = 0x1;
inline constexpr std::uint8_t kH2Acknowledged = 0x1;  ///< of SETTINGS and PING
inline constexpr std::uint8_t kH2EndHeaders = 0x4;

inline constexpr std::size_t kH2PrefaceBytes = 24;
inline constexpr std::size_t kH2FrameHeaderBytes = 9;

struct H2FrameHeader {
  std::uint32_t length = 0;  ///< of the payload
  H2FrameType type = H2FrameType::data;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;

  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

class H2FrameScanner {
 public:
  /// `preface`: bytes in front of the first frame; a server sends none.
  explicit H2FrameScanner(std::size_t preface = kH2PrefaceBytes) : left_(preface) {}

  struct Step {
    std::size_t used = 0;
    std::optional<H2FrameHeader> frame;  ///< its header ends with the last byte used
  };
  /// Takes bytes to the end of the next frame header, or all of them. Requires: `bytes` is not empty.
  Step scan(std::string_view bytes);
  /// A HEADERS frame began whose field block has not ended yet.
  [[nodiscard]] bool is_in_field_block() const { return in_block_; }

 private:
  std::size_t skip(std::string_view bytes);

  std::size_t left_;  // of the preface or payload that is skipped
  std::array<unsigned char, kH2FrameHeaderBytes> header_{};
  std::size_t gathered_ = 0;
  bool in_block_ = false;
  bool block_ends_ = false;  // with the payload that is skipped
};

}  // namespace core

// HTTP/2 frames as bytes, written without any library so that tests can write wrong ones; and read back,
// with field blocks decoded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace core::h2 {

inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum Type : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
  kPriorityUpdate = 16,
};
inline constexpr std::uint8_t kEndStream = 1;
inline constexpr std::uint8_t kAck = 1;
inline constexpr std::uint8_t kEndHeaders = 4;
inline constexpr std::uint8_t kPadded = 8;

enum Code : std::uint32_t {
  kNoError = 0,
  kProtocolError = 1,
  kFlowControlError = 3,
  kSettingsTimeout = 4,
  kStreamClosed = 5,
  kFrameSizeError = 6,
  kRefusedStream = 7,
  kCancel = 8,
  kCompressionError = 9,
  kEnhanceYourCalm = 11,
};

using FieldList = std::vector<std::pair<std::string, std::string>>;

std::string number(std::uint32_t value, std::size_t bytes = 4);
std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload);
/// Literals without indexing, not compressed (RFC 7541 section 6.2.2).
std::string block(const FieldList& fields);
/// The field block of a GET, with `more` behind.
std::string get_block(std::string_view path = "/", const FieldList& more = {});
/// A whole GET.
std::string get(std::uint32_t stream, std::string_view path = "/", const FieldList& more = {});
/// The header section of a POST whose body follows.
std::string post(std::uint32_t stream, const FieldList& more = {});
std::string headers(std::uint32_t stream, const FieldList& fields, std::uint8_t flags);
std::string data(std::uint32_t stream, std::string_view bytes, std::uint8_t flags = 0);
std::string reset(std::uint32_t stream, std::uint32_t code = kCancel);
std::string settings(const std::vector<std::pair<std::uint16_t, std::uint32_t>>& entries = {});
std::string window_update(std::uint32_t stream, std::uint32_t by);
std::string ping(std::uint8_t flags = 0);

/// A frame that was read.
struct Frame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::string payload;
  std::string fields;  ///< of HEADERS: "name=value;" each

  /// The code of RST_STREAM or GOAWAY.
  [[nodiscard]] std::uint32_t code() const;
  [[nodiscard]] bool ends_stream() const { return (flags & kEndStream) != 0; }
};

/// How many bytes of `bytes` are whole frames: a stream that takes little may have half of one.
std::size_t whole_frames(std::string_view bytes);

/// Cuts what a server wrote into frames, and keeps its dynamic table.
class Reader {
 public:
  Reader();
  ~Reader();
  /// Throws if `bytes` do not end with a frame.
  std::vector<Frame> read(std::string_view bytes);

 private:
  struct Inflater;
  std::unique_ptr<Inflater> inflater_;
  std::string block_;
  std::size_t first_of_block_ = 0;
};

}  // namespace core::h2

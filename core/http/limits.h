// Every number that bounds an HTTP peer, with its unit and default. Configuration sets some of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/clock.h"

namespace core {

/// What a client may send and how slowly (RFC 9110 leaves the numbers to us).
struct ServerLimits {
  std::size_t header_bytes = 32 * 1024;  ///< request line and header section together; over it: 431
  std::size_t header_count = 128;        ///< fields; over it: 431
  std::size_t uri_bytes = 8 * 1024;      ///< request target; over it: 414
  Duration header_time{10'000};          ///< from the first byte to the end of the head; over it: 408
  Duration keep_alive{75'000};           ///< idle between requests; over it: closed
  std::uint64_t body_rate = 1024;        ///< bytes a second, averaged over body_rate_window; under it: 408
  Duration body_rate_window{30'000};
  std::size_t drain_bytes =
      64 * 1024;              ///< of a body nobody wants, read before the connection is closed instead
  std::size_t streams = 100;  ///< HTTP/2: requests at once on a connection; over it: REFUSED_STREAM
  Duration linger{2'000};     ///< reading on after our side is closed, so that a refusal is not lost by RST
};

/// What an origin, provider or authority may send.
struct ClientLimits {
  std::size_t header_bytes = 64 * 1024;
  std::size_t header_count = 256;
  std::size_t informational_count = 16;  ///< 1xx responses before the final one
};

inline constexpr std::size_t kMaxChunkLineBytes = 256;             ///< chunk-size line with its extensions
inline constexpr std::size_t kMaxChunkExtensionBytes = 16 * 1024;  ///< all extensions of one body together
inline constexpr unsigned kMaxChunkSizeDigits = 15;                ///< hexadecimal: below 2^60
inline constexpr std::size_t kMaxTrailerBytes = 8 * 1024;          ///< trailer section of one message
inline constexpr std::size_t kMaxTrailers = 64;                    ///< fields in it
inline constexpr std::size_t kMaxMethodBytes = 32;
inline constexpr std::size_t kMaxConnectionOptions =
    32;  ///< names in all Connection fields of a message; over it: 400
inline constexpr std::size_t kMaxHostBytes = 255;
inline constexpr std::size_t kPseudoFields = 4;       ///< HTTP/2: beside the fields that are counted
inline constexpr std::size_t kMaxCookieCrumbs = 256;  ///< HTTP/2: pieces of the Cookie field of one request
inline constexpr std::size_t kMaxBufferedOutput =
    64 * 1024;  ///< of one direction, before its source is paused
/// Of one connection in one turn; then the others have theirs. More than this wins no throughput.
inline constexpr int kMaxReadsPerTurn = 4;
inline constexpr std::size_t kMostBodyAtOnce = 64 * 1024;  ///< read of a response before it is passed on

}  // namespace core

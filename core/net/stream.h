// ByteStream: an ordered, reliable, two-way stream of bytes (TCP, TLS over it, a pair in memory for tests).
// Spans move, not buffers: an idle stream owns none.
//
// Reading is pulled: after on_readable() the owner calls read() until it says would_block, or stops
// (back-pressure) and calls read() again by itself when it wants more: edges are not repeated. Writing takes
// what the system takes; after a short write on_writable() comes once there is room.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "core/base/result.h"

namespace core {

/// Told by a stream. A callback should retire the stream's owner; an implementation stays sound if the
/// callback destroys the stream (a flow that ends when it is told does that).
class StreamEvents {
 public:
  virtual void on_readable() = 0;
  virtual void on_writable() = 0;

 protected:
  ~StreamEvents() = default;
};

struct ReadOutcome {
  enum class State {
    bytes,        ///< `count` bytes were read, count > 0
    would_block,  ///< nothing now; on_readable() follows
    end,          ///< the peer ended its side in order (FIN; with TLS: close_notify)
    failed,       ///< reset, or (TLS) ended without close_notify or broken records; abort() is next
  };
  State state = State::would_block;
  std::size_t count = 0;
};

/// Whether what ends our side is on its way.
enum class Ending {
  sent,   ///< it arrives even if the stream is destroyed
  waits,  ///< no room (TLS: for close_notify); on_writable() comes once it has left
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Who is told; replaces the one before. Null: nobody. Edges that passed are not repeated: a new owner
  /// calls read() once by itself if bytes may be waiting already, and write() if it has any.
  virtual void attach(StreamEvents* events) = 0;
  /// Reads at most `into.size()` bytes. Requires: `into` is not empty.
  virtual ReadOutcome read(std::span<char> into) = 0;
  /// Takes bytes from the pieces in order and says how many; fewer than all: on_writable() follows, and the
  /// next write() begins with the first that was not taken. What was taken is the system's: it arrives even
  /// if the stream is destroyed. Fails when the stream is broken.
  virtual Result<std::size_t> write(std::span<const std::string_view> pieces) = 0;
  /// Ends our side in order (FIN; with TLS: close_notify first), after what was written. Reading goes on.
  /// Called again it only says how far that is.
  virtual Ending end() = 0;
  /// Ends both sides at once, so that the peer sees a reset and not a clean end.
  virtual void abort() = 0;
};

}  // namespace core

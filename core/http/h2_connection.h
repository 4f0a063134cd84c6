// What both ends of HTTP/2 do alike with a connection, for the sources of this folder only: bytes come in,
// are counted by frames and parsed by the library; frames go out, those of a turn in one write as a rule.
// What they mean is the session's: h2_server_session.h, h2_client_session.h.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "core/http/h2_fields.h"
#include "core/http/h2_flood_guard.h"
#include "core/http/h2_frame_scanner.h"
#include "core/http/message_output.h"
#include "core/http/message_storage.h"
#include "core/loop/loop.h"
#include "core/loop/turn_budget.h"
#include "core/net/stream.h"

struct nghttp2_session;

namespace core {

class H2Outgoing;

struct FreeH2Native {
  void operator()(nghttp2_session* native) const;
};
using H2NativePointer = std::unique_ptr<nghttp2_session, FreeH2Native>;

/// Frames that wait for room in the output; DATA is not among them.
inline constexpr std::size_t kH2MaxQueuedFrames = 1000;
/// Gathered before it is written: one read of a body.
inline constexpr std::size_t kH2OutputBatch = ReadLease::kReadBytes;
/// Of each body on its way out, beyond what its connection keeps of all.
inline constexpr std::size_t kH2LeastPiece = 4 * 1024;

class H2Connection : protected StreamEvents, protected TurnEnd {
 public:
  H2Connection(const H2Connection&) = delete;
  H2Connection& operator=(const H2Connection&) = delete;

  // For the streams.
  [[nodiscard]] nghttp2_session* native() const { return native_.get(); }
  [[nodiscard]] Loop& loop() { return loop_; }
  [[nodiscard]] bool is_output_blocked() const { return output_.is_blocked() || output_.is_broken(); }
  /// What was given to the library leaves at the end of the turn.
  void send_soon() { loop_.at_turn_end(*this); }
  /// Moves what may leave now into the output, and the output to the stream once it is large.
  void send_large();
  /// Of all bodies on their way out together: `bytes` more are kept, or have left.
  void keep(std::size_t bytes) {
    kept_ += bytes;
    was_crowded_ |= is_crowded();
  }
  void release(std::size_t bytes) { kept_ -= bytes; }
  /// How much of a body may well be given at once. Streams share what a connection keeps; over that each
  /// still gets ahead by a little.
  [[nodiscard]] std::size_t room() const;
  [[nodiscard]] bool is_crowded() const { return kept_ >= most_kept_; }

 protected:
  struct Role {
    std::size_t preface_bytes = 0;  ///< that the other side sends before its frames
    std::size_t streams = 0;        ///< that may be open at once
    std::size_t most_kept = std::numeric_limits<std::size_t>::max();  ///< of all bodies on their way out
  };
  /// The session gives `native_` in its constructor.
  H2Connection(Loop& loop, std::unique_ptr<ByteStream> stream, const Role& role);
  ~H2Connection();

  /// Whether bytes are taken now.
  [[nodiscard]] virtual bool wants_bytes() const = 0;
  /// Bytes came; take_in() is the way to the library.
  virtual void consume(std::string_view bytes) = 0;
  /// The other side has ended, in order or not.
  virtual void other_side_ended() = 0;

  void on_readable() override;
  void read_on();
  /// Counts the frames of `bytes` and parses them up to the one that is one too many (flood_ says which).
  /// False: the connection cannot go on, for native_failure_.
  [[nodiscard]] bool take_in(std::string_view bytes);
  /// Of the field block that is being decoded.
  H2FieldSection& section() { return ensure_storage().section; }
  /// Sends all that can leave now.
  void pump();
  /// Takes `size` bytes of `body`, behind the head of their frame, into the output. False: not now.
  [[nodiscard]] bool write_data(std::string_view frame_head, std::size_t size, H2Outgoing& body);
  /// Whether it was crowded and is not any more; once.
  [[nodiscard]] bool take_crowd_end() { return was_crowded_ && !(was_crowded_ = is_crowded()); }
  /// After pump(): an idle connection holds no buffer.
  void return_storage();

  Loop& loop_;
  std::unique_ptr<ByteStream> stream_;
  H2NativePointer native_;
  MessageOutput output_;
  H2FrameScanner scanner_;
  H2FloodGuard guard_;
  TurnBudget reads_;
  Timer next_turn_;             // reading goes on after others had their turn
  std::string_view flood_;      // why the guard or the decoder gave the other side up; empty: it did not
  std::string native_failure_;  // what the library ended the connection for
  std::uint32_t native_error_ = 0;
  bool may_have_input_ = false;
  bool output_failed_ = false;  // the library cannot send any more

 private:
  void read_once();
  [[nodiscard]] std::size_t count_frames(std::string_view bytes);
  [[nodiscard]] bool gather();
  MessageStorage& ensure_storage();

  const std::size_t most_kept_;
  std::size_t kept_ = 0;                     // of bodies on their way out, that could not leave
  std::unique_ptr<MessageStorage> storage_;  // lends the output's bytes; null while idle
  bool is_reading_ = false;
  bool was_crowded_ = false;
};

}  // namespace core

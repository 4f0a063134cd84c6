// The connection behind make_h2_server, for the sources of this folder only. Life and time are in
// h2_server.cc, what comes in in h2_server_read.cc, what goes out in h2_server_write.cc, the library's
// callbacks in h2_callbacks.cc, the streams in h2_stream.cc.
//
//   open ──error, idle for long, drained──► closing ──output sent, our side ended──► lingering ──► closed
//    └─────────────────────────── the connection broke ───────────────────────────────────────────┘
//
// The library's callbacks append events and return. Events are told to handlers by deliver(), never inside a
// call of the library and never inside a call of a handler.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/h1_output.h"
#include "core/http/h1_storage.h"
#include "core/http/h2_alarms.h"
#include "core/http/h2_fields.h"
#include "core/http/h2_flood_guard.h"
#include "core/http/h2_frame_scanner.h"
#include "core/http/h2_server.h"
#include "core/http/h2_stream.h"

struct nghttp2_session;

namespace core {

struct FreeH2Native {
  void operator()(nghttp2_session* native) const;
};
using H2NativePointer = std::unique_ptr<nghttp2_session, FreeH2Native>;

/// What the library said about a stream, in the order of the wire.
struct H2Event {
  enum class Kind : std::uint8_t {
    request,   ///< a header section is complete, refused or not
    body,      ///< `bytes`, which live until the read that brought them is worked
    end,       ///< the client has ended its side
    writable,  ///< all of the response that was there has left
    closed,    ///< the last event of a stream
  };
  Kind kind;
  H2Stream* stream;
  std::string_view bytes;
};

class H2Server final : public ServerSession, private StreamEvents, private TurnEnd {
 public:
  H2Server(Loop& loop, std::unique_ptr<ByteStream> stream, const ServerLimits& limits,
           ServerSessionOwner& owner);
  ~H2Server() override;

  void start() override;
  void drain() override;

  // For the streams.
  [[nodiscard]] nghttp2_session* native() const { return native_.get(); }
  [[nodiscard]] Loop& loop() { return loop_; }
  [[nodiscard]] const ServerLimits& limits() const { return limits_; }
  [[nodiscard]] ServerSessionOwner& owner() { return owner_; }
  [[nodiscard]] bool is_open() const { return state_ == State::open; }
  [[nodiscard]] bool is_output_blocked() const { return output_.is_blocked() || output_.is_broken(); }
  /// What was given to the library leaves at the end of the turn.
  void send_soon() { loop_.at_turn_end(*this); }
  /// Moves what may leave now into the output, and the output to the stream once it is large.
  void send_large();
  /// H2Stream::deliver() at the end of the turn.
  void deliver_soon(H2Stream& stream);

 private:
  friend struct H2Callbacks;
  enum class State : std::uint8_t { open, closing, lingering, closed };
  enum class Drain : std::uint8_t { none, noticed, announced };

  // StreamEvents, TurnEnd
  void on_readable() override;
  void on_writable() override;
  void at_turn_end() override;

  // h2_server_read.cc
  void read_on();
  void read_once();
  void consume(std::string_view bytes);
  [[nodiscard]] std::size_t count_frames(std::string_view bytes);
  [[nodiscard]] bool parse(std::string_view bytes);
  void deliver();
  void handle(const H2Event& event);
  void deliver_resumed();
  void watch_head();

  // h2_server_write.cc
  H1Storage& ensure_storage();
  [[nodiscard]] bool gather();
  void pump();
  void after_output();
  void watch_output();

  // h2_server.cc
  void on_alarm(H2Alarm alarm);
  void check_rates();
  void announce_drain();
  void add_stream(std::unique_ptr<H2Stream> stream);
  void remove_stream(H2Stream& stream);
  void on_no_streams();
  void end_with(std::uint32_t code, std::string_view reason);
  void abort_streams(const Error& error);
  void begin_closing();
  void linger();
  void fail(const Error& error);
  void close();

  Loop& loop_;
  std::unique_ptr<ByteStream> stream_;
  const ServerLimits& limits_;
  ServerSessionOwner& owner_;
  H2NativePointer native_;
  std::unique_ptr<H1Storage> storage_;  // lends the output's bytes; null while idle
  H1Output output_;
  H2FrameScanner scanner_;
  H2FloodGuard guard_;
  H2FieldSection section_;
  H2Alarms alarms_;
  Timer next_turn_;  // reading goes on after others had their turn
  std::vector<H2Event> events_;
  std::vector<std::unique_ptr<H2Stream>> streams_;
  std::vector<H2Stream*> resumed_;
  std::string_view flood_;      // why the guard or the decoder gave the client up; empty: it did not
  std::string native_failure_;  // what the library ended the connection for
  std::uint32_t native_error_ = 0;
  std::int32_t last_stream_ = 0;      // the highest that HEADERS came on, also if they were dropped
  std::uint64_t written_before_ = 0;  // by the output, when it was last looked at

  State state_ = State::open;
  Drain drain_ = Drain::none;
  bool is_reading_ = false;
  bool is_delivering_ = false;
  bool may_have_input_ = false;
  bool client_has_ended_ = false;
  bool was_blocked_ = false;    // the output, when rates were last looked at
  bool output_failed_ = false;  // the library cannot send any more
};

}  // namespace core

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

#include "core/http/h2_alarms.h"
#include "core/http/h2_connection.h"
#include "core/http/h2_server.h"
#include "core/http/h2_stream.h"

namespace core {

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

/// Numbers from `first` to the one before `end` that a client has passed over.
struct H2StreamGap {
  std::int32_t first;
  std::int32_t end;
};

class H2Server final : public ServerSession, public H2Connection {
 public:
  H2Server(Loop& loop, std::unique_ptr<ByteStream> stream, const ServerLimits& limits,
           ServerSessionOwner& owner);

  void start() override;
  void drain(Duration patience) override;

  // For the streams.
  [[nodiscard]] const ServerLimits& limits() const { return limits_; }
  [[nodiscard]] ServerSessionOwner& owner() { return owner_; }
  [[nodiscard]] bool is_open() const { return state_ == State::open; }
  /// H2Stream::deliver() at the end of the turn.
  void deliver_soon(H2Stream& stream);
  /// A stream that outlived the wire's has ended.
  void remove_soon(H2Stream& stream);

 private:
  friend struct H2Callbacks;
  enum class State : std::uint8_t { open, closing, lingering, closed };
  enum class Drain : std::uint8_t { none, noticed, announced };

  // StreamEvents, TurnEnd
  void on_writable() override;
  void at_turn_end() override;

  // h2_server_read.cc
  [[nodiscard]] bool wants_bytes() const override;
  void consume(std::string_view bytes) override;
  void other_side_ended() override;
  void deliver();
  void handle(const H2Event& event);
  void deliver_resumed();
  void watch_head();

  // h2_server_write.cc
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

  const ServerLimits& limits_;
  ServerSessionOwner& owner_;
  H2Alarms alarms_;
  std::vector<H2Event> events_;
  std::vector<std::unique_ptr<H2Stream>> streams_;
  std::vector<H2Stream*> resumed_;
  std::vector<H2StreamGap> gaps_;
  std::int32_t last_stream_ = 0;      // the highest that HEADERS came on, also if they were dropped
  std::uint64_t written_before_ = 0;  // by the output, when it was last looked at

  State state_ = State::open;
  Drain drain_ = Drain::none;
  bool is_delivering_ = false;
  bool client_has_ended_ = false;
  bool has_new_settings_ = false;  // of the client, since the last turn's output
  bool was_blocked_ = false;       // the output, when rates were last looked at
};

}  // namespace core

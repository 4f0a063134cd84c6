// The connection behind make_h2_client, for the sources of this folder only. Life and ends are in
// h2_client.cc, the library's callbacks in h2_client_callbacks.cc, the streams in h2_client_stream.cc.
//
//   greeting ──SETTINGS──► open ──GOAWAY, ids used up──► leaving ──last stream ended──► closed (owner:
//      │                    │                              │                            ▲  on_session_end)
//      └────────────────────┴── broke, or broke the protocol ──► broken ──all delivered─┘
//
// A response that was complete before its connection broke is still delivered, at its handler's pace.
//
// A stream that is given up when nothing at all has come on the connection for a while makes it suspect: it
// gets no more requests, and PING decides. A host that has gone without a word would else swallow every new
// request.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/h2_client.h"
#include "core/http/h2_client_stream.h"
#include "core/http/h2_connection.h"

namespace core {

/// Streams of one connection, where the origin allows as many.
inline constexpr std::size_t kH2OriginStreams = 100;
/// Of request bodies that an origin does not read; over it a connection gets no more requests.
inline constexpr std::size_t kH2MostUnsent = 1024 * 1024;

/// What the library said, in the order of the wire.
struct H2ClientEvent {
  enum class Kind : std::uint8_t {
    greeted,   ///< the origin's SETTINGS; no stream
    interim,   ///< the next of H2ClientStream::Incoming::interims
    head,      ///< the final one, refused or not
    body,      ///< `bytes`, which live until the read that brought them is worked
    end,       ///< the origin has ended its side
    writable,  ///< all of the request that was there has left
    closed,    ///< the last event of a stream
  };
  Kind kind;
  H2ClientStream* stream;
  std::string_view bytes;
};

class H2Client final : public ClientSession, public H2Connection {
 public:
  H2Client(Loop& loop, std::unique_ptr<ByteStream> stream, const H2ClientOptions& options);
  ~H2Client() override;

  /// Says our preface and reads what is waiting.
  void greet();
  ClientStream& start(const OutgoingRequest& request, ResponseHandler& handler) override;
  [[nodiscard]] bool is_open() const override;
  [[nodiscard]] bool is_worn() const override { return is_worn_; }
  void set_owner(ClientSessionOwner* owner) override { owner_ = owner; }
  /// Why it ended; for who waits for on_idle() the first time.
  [[nodiscard]] const Error& why_ended() const { return why_ended_; }

  // For the streams.
  [[nodiscard]] const ClientLimits& limits() const { return options_.limits; }
  [[nodiscard]] std::string_view scheme() const {
    return options_.carrier == H2Carrier::tls ? "https" : "http";
  }
  /// Whether the wire can be written to.
  [[nodiscard]] bool is_alive() const { return state_ != State::broken && state_ != State::closed; }
  /// Bytes that came since the beginning.
  [[nodiscard]] std::uint64_t received() const { return received_; }
  /// When the last of them came.
  [[nodiscard]] SteadyTime last_heard() const { return last_heard_; }
  /// Whether an exchange was completed before.
  [[nodiscard]] bool has_served() const { return has_served_; }
  void note_served() { has_served_ = true; }
  /// Whether one more stream may have the wide window; it has it until note_narrow().
  [[nodiscard]] bool may_widen();
  void note_narrow() { --wide_streams_; }
  /// H2ClientStream::deliver() at the end of the turn.
  void deliver_soon(H2ClientStream& stream);
  /// The stream was given up, and nothing came on the connection since it began.
  void suspect();
  /// A stream was reset by us.
  void note_reset();
  /// The origin refused it for being one too many.
  void note_refusal();

 private:
  friend struct H2ClientCallbacks;
  enum class State : std::uint8_t { greeting, open, leaving, broken, closed };

  // H2Connection, StreamEvents, TurnEnd
  [[nodiscard]] bool wants_bytes() const override { return is_alive(); }
  void consume(std::string_view bytes) override;
  void other_side_ended() override;
  void on_writable() override;
  void at_turn_end() override;

  void deliver();
  void handle(const H2ClientEvent& event);
  void deliver_resumed();
  void remove_if_done(H2ClientStream& stream);
  [[nodiscard]] bool takes_upgrades() const;
  void on_stream_closed(H2ClientStream& stream);
  void tell_room();
  void leave();
  void look_at_library();
  void clear_suspicion();
  void end_with(std::uint32_t code, std::string_view reason);
  void break_off(Error error);
  void close_if_delivered();
  void close();

  H2ClientOptions options_;
  ClientSessionOwner* owner_ = nullptr;
  std::vector<H2ClientEvent> events_;
  std::vector<std::unique_ptr<H2ClientStream>> streams_;  // on the wire, or not delivered yet
  std::vector<H2ClientStream*> resumed_;
  Timer answer_timer_;  // of the PING that decides
  Error why_ended_;
  std::size_t on_wire_ = 0;
  std::size_t wide_streams_ = 0;
  std::size_t most_streams_ = kH2OriginStreams;
  double resets_ = 0;  // ours, less those that time has given back
  SteadyTime last_reset_{};
  std::uint64_t received_ = 0;
  SteadyTime last_heard_{};
  std::string_view violation_;  // what the origin did that is never allowed; empty: nothing
  State state_ = State::greeting;
  bool is_suspect_ = false;
  bool is_worn_ = false;
  bool got_goaway_ = false;
  bool has_ended_itself_ = false;  // the library, for native_failure_
  bool has_served_ = false;
  bool is_delivering_ = false;
};

}  // namespace core

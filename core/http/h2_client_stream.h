// One HTTP/2 exchange with an origin, for the sources of this folder only: what the session knows of a
// stream, and the ClientStream its handler speaks to.
//
//   sent ──1xx──► sent ──head──► answering ──END_STREAM, all delivered──► ended (on_response_end)
//     │                └──2xx to an upgrade──► tunnel ──both halves ended──► ended (on_response_end)
//     └── reset, broken, malformed (on_failed), cancel(), from anywhere ──► ended
//
// The wire may close a stream before its handler has taken the last byte, and a handler may have gone before
// the wire closes it: the object lives until both have.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/h2_outgoing.h"
#include "core/http/h2_unread.h"
#include "core/http/message_storage.h"
#include "core/http/refusal.h"
#include "core/http/session.h"

namespace core {

class H2Client;

class H2ClientStream final : public ClientStream, public Retirable {
 public:
  H2ClientStream(H2Client& session, ResponseHandler& handler);
  ~H2ClientStream() override;
  H2ClientStream(const H2ClientStream&) = delete;
  H2ClientStream& operator=(const H2ClientStream&) = delete;

  /// Queues the request.
  void begin(const OutgoingRequest& request);
  /// Nothing is sent: it fails at the end of the turn, as an upgrade that the origin does not take.
  void begin_unsupported();

  // ClientStream
  Pressure send_body(std::string_view bytes) override;
  void send_end(const Fields& trailers) override;
  void receive_body(bool receive) override;
  void cancel() override;

  // The session's events.
  void take_interim();
  void take_head();
  void take_body(std::string_view bytes);
  void take_end();
  void tell_writable();
  /// Delivers what receive_body(true) set free.
  void deliver();
  /// The wire has closed the stream with `code`.
  void on_wire_closed();
  /// The connection ends with `error`.
  void on_broken(const Error& error);

  /// A head that came before the final one, or with it in one read.
  struct Interim {
    std::string bytes;
    ResponseHead head;
  };
  // What the wire's callbacks read and write.
  struct Incoming {
    std::optional<Refusal> refusal;
    std::vector<std::unique_ptr<Interim>> interims;  ///< not told yet
    std::size_t interim_count = 0;
    bool has_head = false;                   ///< the final one
    bool has_ended = false;                  ///< END_STREAM came behind a good message
    bool is_closed = false;                  ///< by the wire
    bool was_framed = false;                 ///< our HEADERS may have left
    std::uint32_t code = 0;                  ///< that it was closed with
    std::optional<std::uint32_t> our_reset;  ///< the code of the RST_STREAM that we sent
    BodyLength follows;                      ///< the body, as the head tells
    std::string trailer_bytes;               ///< what trailers view
    Fields trailers;
  };
  [[nodiscard]] Incoming& incoming() { return incoming_; }
  [[nodiscard]] MessageStorage& storage() { return *storage_; }
  [[nodiscard]] bool answers_head() const { return answers_head_; }
  /// The answer to an extended CONNECT (RFC 8441 section 5): any success opens the tunnel, and is a 101 from
  /// here on. Another is an answer like others.
  void take_answer_to_upgrade();
  [[nodiscard]] bool is_upgrade() const { return !accept_.empty(); }
  [[nodiscard]] bool is_tunnel() const { return is_tunnel_; }
  [[nodiscard]] bool waits_for_room() const { return was_full_; }
  /// Before it goes: it gives back what it has of what streams share.
  void forget();
  /// Neither wire nor handler has a use for it, and no event of it is still to be told.
  [[nodiscard]] bool is_done() const { return handler_ == nullptr && is_let_go_; }

  std::size_t place = 0;  ///< in the session's list; the session's own

 private:
  void consumed(std::size_t bytes);
  void give_back_window(std::size_t bytes);
  void drop_unread();
  void finish();
  void end_half();
  void fail(Error error);
  void fail_malformed(ErrorKind kind, std::string_view reason);
  void reset(std::uint32_t code);
  [[nodiscard]] Error error_of_close() const;

  H2Client& session_;
  ResponseHandler* handler_;
  std::unique_ptr<MessageStorage> storage_;  // response, bytes not delivered, bytes not sent
  Incoming incoming_;
  H2Unread unread_;      // of the response body
  H2Outgoing outgoing_;  // the request
  std::int32_t id_ = 0;
  bool answers_head_ = false;  // what comes answers HEAD
  bool has_body_ = false;      // the request
  bool sends_body_ = false;    // it is not complete yet
  bool has_length_ = false;    // request_left_ counts
  bool is_receiving_ = true;
  bool end_is_due_ = false;  // END_STREAM came, and was told here in its turn
  bool was_full_ = false;    // the handler was told Pressure::full
  bool is_wide_ = false;     // the stream's window
  bool is_tunnel_ = false;
  bool is_unsupported_ = false;  // fails without having been sent
  bool half_end_told_ = false;   // the origin's half of a tunnel
  std::string accept_;           // the Sec-WebSocket-Accept that an upgrade is answered with; empty: none
  bool was_reused_ = false;      // the connection had served before
  bool is_let_go_ = false;       // by the wire, whose last event was told
  std::uint64_t request_left_ = 0;
  std::uint64_t body_left_ = 0;  // of a response body of known length
  std::uint64_t delivered_ = 0;
  std::uint64_t received_before_ = 0;  // on the connection, when the exchange began
  SteadyTime began_;
};

}  // namespace core

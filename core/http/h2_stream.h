// One HTTP/2 request and its response, for the sources of this folder only: what the session knows of a
// stream, and the ServerStream its handler speaks to.
//
//   opened ──HEADERS──► request told ──► answered (send_end, or a refusal) ──► closed by the wire, retired
//      └──────────── RST_STREAM of either side, from anywhere ────────────────┘
//
// The wire may close a stream before its handler knows (the event waits), and a handler may have ended long
// before the wire has taken the last byte: the object lives until both have. A tunnel (RFC 8441) is answered
// by send_upgrade() and has two halves: the wire may have closed both while its handler still passes on what
// came.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/free_blocks.h"
#include "core/http/h2_fields.h"
#include "core/http/h2_outgoing.h"
#include "core/http/h2_unread.h"
#include "core/http/message_storage.h"
#include "core/http/refusal.h"
#include "core/http/session.h"

namespace core {

class H2Server;

class H2Stream final : public ServerStream, public Retirable, public Recycled {
 public:
  H2Stream(H2Server& session, std::int32_t id);
  ~H2Stream() override;
  H2Stream(const H2Stream&) = delete;
  H2Stream& operator=(const H2Stream&) = delete;

  // ServerStream
  void send_head(int status, const Fields& fields, BodyLength length) override;
  Pressure send_body(std::string_view bytes) override;
  [[nodiscard]] std::size_t room() const override;
  void send_end(const Fields& trailers) override;
  void send_half_end() override;
  void send_upgrade(const Fields& fields) override;
  void receive_body(bool receive) override;
  void abort() override;

  // The session's events.
  /// The request is complete; tells the owner, or answers the refusal.
  void begin();
  /// Bytes of the request body came.
  void take_body(std::string_view bytes);
  /// The client has ended its side.
  void take_end();
  /// Delivers what receive_body(true) set free.
  void deliver();
  /// All of the response that was there has left.
  void tell_writable();
  /// The wire has closed the stream: the handler hears of it if it still waits, unless it is a tunnel that
  /// both sides have ended in order; that is over when the handler says so.
  enum class Left : std::uint8_t { to_nobody, to_handler };
  Left on_wire_closed();
  /// The connection ends with `error`: the same.
  void on_closed(const Error& error);
  /// Looks at the speed of both bodies.
  enum class Window : std::uint8_t { open, shut };
  void check_rates(Window of_connection);

  // What the wire's callbacks read and write.
  struct Incoming {
    std::optional<Refusal> refusal;
    bool head_is_complete = false;
    bool has_ended = false;                  ///< END_STREAM came, and the session was told
    bool is_closed = false;                  ///< by the wire
    int sections = 0;                        ///< HEADERS that began: the request's, its trailers'
    std::optional<std::uint32_t> our_reset;  ///< the code of the RST_STREAM that we sent
    std::string trailer_bytes;               ///< what trailers view
    Fields trailers;
  };
  [[nodiscard]] Incoming& incoming() { return incoming_; }
  [[nodiscard]] MessageStorage& storage() { return *storage_; }
  [[nodiscard]] std::int32_t id() const { return id_; }
  /// Our END_STREAM is on its way.
  void on_end_sent();
  /// The wire has closed it: what was to leave does not.
  void forget_output() { outgoing_.forget(); }
  [[nodiscard]] bool waits_for_room() const { return was_full_; }
  /// We reset it by our own decision, which H2FloodGuard does not count.
  [[nodiscard]] bool is_given_up() const { return given_up_; }

  std::size_t place = 0;  ///< in the session's list; the session's own

 private:
  enum class Answer : std::uint8_t { none, body, ended };

  [[nodiscard]] bool may_send() const;
  void drop_rest();
  void tell_wire_closed();
  void leave();
  void submit_head(int status, const Fields& fields, BodyLength length);
  void submit_interim(int status, const Fields& fields);
  void take_priority(const Fields& fields);
  void send_continue_if_due();
  void refuse(const Refusal& refusal);
  void answer_plainly(int status);
  void consumed(std::size_t bytes);
  void deliver_end();
  void drop_unread();
  void give_up(std::uint32_t code, const Error& error);
  void reset(std::uint32_t code);

  H2Server& session_;
  std::unique_ptr<MessageStorage> storage_;  // request, bytes not delivered, bytes not sent
  RequestHandler* handler_ = nullptr;
  Incoming incoming_;
  H2Unread unread_;      // of the request body
  H2Outgoing outgoing_;  // the response
  std::int32_t id_;
  Answer answer_ = Answer::none;
  bool has_length_ = false;  // the response body: response_left_ counts
  bool has_no_body_ = false;
  bool is_receiving_ = false;
  bool was_receiving_ = false;  // at any time: the window was widened
  bool end_was_delivered_ = false;
  bool continue_is_due_ = false;
  bool was_full_ = false;  // the handler was told Pressure::full
  bool given_up_ = false;
  bool is_tunnel_ = false;
  bool half_has_ended_ = false;        // ours, of a tunnel
  bool end_was_sent_ = false;          // END_STREAM
  bool is_left_ = false;               // to its handler: the wire has closed it
  bool was_paused_ = false;            // receiving, in this window of the rates
  bool was_held_ = false;              // at the last look: the client had shut its window
  std::uint64_t response_left_ = 0;    // of a known length
  std::uint64_t received_window_ = 0;  // bytes of body, in this window of the rates
  SteadyTime window_began_;
};

}  // namespace core

// The state machine behind make_h1_server (RFC 9112), for the sources of this folder only. Reading and what
// it leads to is in h1_server_read.cc, answering in h1_server_answer.cc, beginning, time and ends in
// h1_server.cc.
//
//   idle ──first byte──► head ──complete──► exchange ──answered, body read──► idle
//    │                    │                   │  │  └─answered, body unread──► draining ──► idle
//    │                    │                   │  └─send_upgrade──► tunnel ──send_end──┐
//    │ idle for long,     │ refused           │ answered, no more requests            │
//    └─────────┬──────────┴─────────┬─────────┴───────────────────────────────────────┘
//              └─────────────────► closing ──output sent, our side ended──► lingering ──► closed
//
//    from anywhere: the stream failed, abort ──► closed
//
// The request and the response of an exchange end independently: body_ knows the one, answer_ the other.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/http/h1_body_writer.h"
#include "core/http/h1_head_scanner.h"
#include "core/http/h1_server.h"
#include "core/http/message_output.h"
#include "core/http/message_storage.h"
#include "core/loop/turn_budget.h"

namespace core {

class H1Server final : public ServerSession, private ServerStream, private StreamEvents, private TurnEnd {
 public:
  H1Server(Loop& loop, std::unique_ptr<ByteStream> stream, const ServerLimits& limits,
           ServerSessionOwner& owner);
  ~H1Server() override;

  void start() override;
  void drain(Duration patience) override;

 private:
  enum class State : std::uint8_t { idle, head, exchange, tunnel, draining, closing, lingering, closed };
  enum class Answer : std::uint8_t { none, body, ended };
  enum class After : std::uint8_t { keep, close };
  /// Our half of a tunnel; it has ended once all output is sent.
  enum class OurHalf : std::uint8_t { open, ending, ended };

  // ServerStream
  void send_head(int status, const Fields& fields, BodyLength length) override;
  Pressure send_body(std::string_view bytes) override;
  void send_end(const Fields& trailers) override;
  void send_half_end() override;
  void send_upgrade(const Fields& fields) override;
  void receive_body(bool receive) override;
  void abort() override;
  // StreamEvents, TurnEnd
  void on_readable() override;
  void on_writable() override;
  void at_turn_end() override;

  // Reading: h1_server_read.cc
  void read_on();
  [[nodiscard]] bool wants_bytes() const;
  [[nodiscard]] bool has_had_its_turn() const;
  [[nodiscard]] bool watches_for_end() const;
  void read_once();
  void take_unread();
  void consume(std::span<char> bytes);
  std::size_t take(std::span<char> bytes);
  std::size_t take_head(std::span<char> bytes);
  std::size_t take_body(std::span<char> bytes);
  std::size_t take_unwanted_body(std::span<char> bytes);
  void begin_exchange();
  void deliver_request_end();
  void client_ended();

  // Answering: h1_server_answer.cc
  [[nodiscard]] bool may_send() const;
  void append_interim(int status, const Fields& fields);
  void append_framing(int status, BodyLength length);
  [[nodiscard]] bool leaves_body_unread(int status) const;
  void send_continue_if_due();
  void finish_exchange();
  void refuse(const Refusal& refusal);
  void break_off(int status, const Error& error);
  void answer_refusal(int status);

  // Ends and time: h1_server.cc
  void become_idle();
  void wait_for_the_last();
  MessageStorage& ensure_storage();
  void give_back_storage();
  void after_output();
  void begin_closing();
  void linger();
  void fail(const Error& error);
  void close();
  void on_time();
  void check_body_rate();
  void resume();

  Loop& loop_;
  std::unique_ptr<ByteStream> stream_;
  const ServerLimits& limits_;
  ServerSessionOwner& owner_;
  RequestHandler* handler_ = nullptr;
  std::unique_ptr<MessageStorage> storage_;  // null while idle
  HeadScanner scanner_{HeadScanner::Section::head};
  MessageOutput output_;
  BodyWriter sent_body_;  // of the response
  Timer timer_;           // the deadline of the state
  TurnBudget reads_;
  Timer next_turn_;  // reading goes on after others had their turn

  State state_ = State::idle;
  Answer answer_ = Answer::none;
  After after_ = After::keep;
  OurHalf our_half_ = OurHalf::open;
  bool is_reading_ = false;      // read_on() is on the stack: what happens meanwhile only records
  bool may_have_input_ = false;  // an edge came that was not read out
  bool resumes_ = false;         // read_on() at the end of the turn
  bool is_receiving_ = false;    // receive_body(true)
  bool end_was_delivered_ = false;
  bool continue_is_due_ = false;  // the client waits for 100 (Continue)
  bool was_full_ = false;         // the handler was told Pressure::full
  bool client_has_ended_ = false;
  bool was_paused_ = false;         // in this window of the body rate, so that it does not count
  bool is_draining_ = false;        // drain() was called
  Duration patience_{0};            // of the drain
  bool is_head_request_ = false;    // of the exchange: its response has no body
  bool is_http10_ = false;          // of the exchange
  std::uint64_t window_bytes_ = 0;  // of the body, in this window
  std::size_t drain_left_ = 0;
  int requests_left_ = 0;  // that may begin before others have their turn
};

}  // namespace core

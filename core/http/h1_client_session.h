// The state machine behind make_h1_client (RFC 9112), for the sources of this folder only. Sending and ends
// are in h1_client.cc, reading is in h1_client_read.cc.
//
//   idle ──start──► head ──final head──► body ──complete──► answered ──► idle again
//                   │  ▲ └1xx┘                              └─ not reusable ──► closed
//                   └──101──► tunnel ──both ended──► closed
//
//   The owner hears on_idle when idle again, on_session_end when closed.
//   From anywhere: the end, a failure, cancel ──► closed. A byte while idle is a failure.
//
// The request ends independently of the response. A response that is complete first ends the exchange; what
// is left of the request is then never sent, so the connection cannot be used again.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/http/h1_body_writer.h"
#include "core/http/h1_client.h"
#include "core/http/h1_head_scanner.h"
#include "core/http/h1_parser.h"
#include "core/http/message_output.h"
#include "core/http/message_storage.h"
#include "core/http/upgrade.h"
#include "core/loop/turn_budget.h"

namespace core {

class H1Client final : public ClientSession, private ClientStream, private StreamEvents, private TurnEnd {
 public:
  H1Client(Loop& loop, std::unique_ptr<ByteStream> stream, const ClientLimits& limits);
  ~H1Client() override;

  ClientStream& start(const OutgoingRequest& request, ResponseHandler& handler) override;
  [[nodiscard]] bool is_open() const override { return state_ == State::idle; }
  void set_owner(ClientSessionOwner* owner) override { owner_ = owner; }

 private:
  enum class State : std::uint8_t { idle, head, body, answered, tunnel, closed };

  // ClientStream
  Pressure send_body(std::string_view bytes) override;
  void send_end(const Fields& trailers) override;
  void receive_body(bool receive) override;
  void cancel() override;
  // StreamEvents, TurnEnd
  void on_readable() override;
  void on_writable() override;
  void at_turn_end() override;

  // Reading: h1_client_read.cc
  void read_on();
  [[nodiscard]] bool was_asked() const;
  [[nodiscard]] bool wants_bytes() const;
  void read_once();
  void take_unread();
  void consume(std::span<char> bytes);
  std::size_t take(std::span<char> bytes);
  std::size_t take_head(std::span<char> bytes);
  std::size_t take_body(std::span<char> bytes);
  void take_complete_head();
  void take_interim(ResponseHead& head);
  void take_switch(const ParsedResponse& parsed, ResponseHead& head);
  void take_final(const ParsedResponse& parsed, ResponseHead& head);
  void origin_ended();
  [[nodiscard]] bool is_tunnel_over() const;
  void connection_broke();

  // Ends: h1_client.cc
  void after_output();
  void end_exchange(AfterResponse after);
  void fail(ErrorKind kind, std::string_view text);
  void close();
  void resume();
  MessageStorage& ensure_storage();

  Loop& loop_;
  std::unique_ptr<ByteStream> stream_;
  const ClientLimits& limits_;
  ClientSessionOwner* owner_ = nullptr;
  ResponseHandler* handler_ = nullptr;
  std::unique_ptr<MessageStorage> storage_;  // null while idle
  HeadScanner scanner_{HeadScanner::Section::head};
  MessageOutput output_;
  BodyWriter sent_body_;  // of the request
  TurnBudget reads_;
  Timer next_turn_;                      // reading goes on after others had their turn
  std::unique_ptr<UpgradeOffer> offer_;  // of a request that asks for an upgrade

  State state_ = State::idle;
  ResponseTo response_to_ = ResponseTo::other;
  AfterResponse after_ = AfterResponse::keep;
  bool is_reading_ = false;
  bool may_have_input_ = false;
  bool resumes_ = false;
  bool is_receiving_ = true;
  bool was_full_ = false;
  bool ends_our_side_ = false;        // of a tunnel, once the output is sent
  bool origin_has_ended_ = false;     // its half of a tunnel
  bool fell_short_ = false;           // send_end() before a known length was complete
  bool is_reused_ = false;            // an exchange ran on this connection before
  bool was_answered_ = false;         // any byte of a response came
  std::uint64_t written_before_ = 0;  // by the output, when the exchange began
  std::size_t interim_count_ = 0;
};

}  // namespace core

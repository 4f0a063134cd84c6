// One request on its way to an origin and back: a state machine over two sessions. Bodies stream both ways;
// whichever side is slow stops the other.
//
//   searching ──► sent ──► answering ──► done
//     ▲ │          │ └─► tunnel (101)
//     │ │          └ closed before an answer: once more, on a fresh connection or another origin
//     │ │                                           │
//     └─┼───────────────────────────────────────────┘
//       └─► 502 503 504 while no head was sent; after that the client's message is broken off
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/free_blocks.h"
#include "core/http/session.h"
#include "core/http/websocket_frames.h"
#include "core/loop/deadline_list.h"
#include "gateway/answer/encoded_body.h"
#include "gateway/answer/proxy.h"
#include "gateway/model/exchange.h"
#include "gateway/model/standing.h"

namespace gateway {

class ProxyExchange final : public Activity,
                            public core::Recycled,
                            private core::ResponseHandler,
                            private core::DeadlineEntry,
                            private OriginSearchOwner,
                            private EncodedSink,
                            private Standing {
 public:
  ProxyExchange(Exchange& exchange, ProxyRoute& route, Admitted admitted);
  ~ProxyExchange() override;

  /// Requires: the exchange runs this activity already.
  void start();

  // The client's side.
  void on_request_body(std::string_view bytes) override;
  void on_request_end(const core::Fields& trailers) override;
  void on_response_writable() override;
  void on_aborted(const core::Error& error) override;

 private:
  // The origin's side.
  void on_response_head(core::ResponseHead& head) override;
  void on_response_body(std::string_view bytes) override;
  [[nodiscard]] std::size_t room() const override { return exchange_.stream().room(); }
  void on_response_end(const core::Fields& trailers) override;
  void on_half_end() override;
  void on_request_writable() override;
  void on_failed(core::Error error) override;
  // The way there.
  void on_session(core::ClientSession& session) override;
  void on_no_session(const core::Error& error) override;
  // What the route compresses.
  void on_encoded(std::string_view bytes) override;
  void on_encoding_failed() override;
  // Time.
  void on_deadline() override;
  void on_total_deadline();
  // A session that ends.
  bool may_stay(core::WallTime now) override;
  void break_off() override;
  void break_off(const core::Error& error);
  [[nodiscard]] core::WallTime ends_at() const override;
  Farewell say_goodbye() override;

  enum class State { searching, sent, answering, tunnel, done };
  /// The deadline of the whole exchange, or of its tunnel, besides the one of what it waits for now.
  class Total final : public core::DeadlineEntry {
   public:
    explicit Total(ProxyExchange& exchange) : exchange_(exchange) {}
    void on_deadline() override { exchange_.on_total_deadline(); }

   private:
    ProxyExchange& exchange_;
  };

  /// Buffers for one message, lent while it is built and sent: of 256 exchanges in flight, none holds any.
  class Building {
   public:
    explicit Building(ProxyExchange& exchange);
    ~Building();
    Building(const Building&) = delete;
    Building& operator=(const Building&) = delete;

   private:
    ProxyExchange& exchange_;
  };

  bool take_handshake();
  [[nodiscard]] bool origin_may_open_socket() const;
  void note_foreign_socket(std::string_view reason) const;
  [[nodiscard]] std::string_view presented_label() const;
  void hold_to_origin();
  [[nodiscard]] std::string_view host_to_send() const;
  [[nodiscard]] bool is_over_h2() const { return exchange_.head().version == core::HttpVersion::http2; }
  void take_out_hop_by_hop();
  void build_fields();
  void add_handshake_fields();
  [[nodiscard]] bool owns_authorization() const;
  [[nodiscard]] std::string_view own_authorization() const;
  void add_foreign_cookies(const core::Field& field);
  [[nodiscard]] bool take_origin_path();
  [[nodiscard]] std::string_view target();
  void refuse_success();
  void send_interim(core::ResponseHead& head);
  [[nodiscard]] bool passes_to_client(const core::Field& field) const;
  [[nodiscard]] bool passes_as_trailer(const core::Field& field) const;
  void add_forwarding_fields();
  void add_trace_fields(const Trace& trace);
  void begin_question();
  void end_question(std::string_view error);
  void map_answer_fields();
  void build_response_fields(core::ResponseHead& head);
  void compress(core::ResponseHead& head);
  [[nodiscard]] bool may_be_sent_twice() const;
  [[nodiscard]] bool was_refused(const core::Error& error) const;
  [[nodiscard]] bool may_retry_elsewhere(const core::Error& error);
  void fail(const core::Error& error);
  [[nodiscard]] bool stand();
  void open_tunnel();
  void end_tunnel_in_time(const core::Error& error);
  void end_tunnel(const std::string& close_frame, const core::Error& error);
  void search_again();
  void end_waits();
  void touch_idle() { route_.idle_deadline->touch(*this); }

  /// What an origin is asked, for the trace.
  struct Question {
    core::SpanId id;
    core::SteadyTime began;
    std::string origin;  // which may be gone before the answer has ended
    unsigned resent = 0;
  };

  Exchange& exchange_;
  ProxyRoute& route_;
  Admitted admitted_;
  std::optional<Question> question_;  // none: it is over, or not traced
  unsigned questions_ = 0;
  int origin_status_ = 0;  // of the answer to it; 0: none yet
  State state_ = State::searching;
  bool is_upgrade_ = false;
  bool request_complete_ = false;
  bool takes_trailers_ = false;    // TE said so
  bool content_was_sent_ = false;  // body or trailers, to any origin
  bool origin_has_ended_ = false;  // its half of a tunnel
  core::WebSocketBoundary boundary_;
  bool was_refused_once_ = false;  // by an origin of HTTP/2
  std::uint64_t request_bytes_ = 0;
  core::ClientStream* origin_ = nullptr;  // null when there is none or it has ended
  unsigned retries_ = 0;
  OriginSearch search_;
  Total total_{*this};
  std::unique_ptr<EncodedBody> encoded_;   // null: the answer passes as it is
  std::unique_ptr<ProxyBuffers> buffers_;  // null but while a message is built and sent
  std::string greeting_;                   // PROXY header of a fresh connection
  std::string target_;
};

}  // namespace gateway

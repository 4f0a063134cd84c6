// Exchange: one request and its answer. It checks that the request is for us (421), finds the route, asks the
// guard, and lets the handler answer; then it is logged and retired. Destroying it cancels everything it
// started.
//
//   begin ─► refused (400 404 405 421, redirect to https)
//     │
//     └─► guard ──► denied: its answer
//           │  └ must wait: a flow, then the same
//           └─► handler: replies at once, by a flow, or as a RequestHandler of its own (proxy, tunnel) ─►
//           ended
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/free_blocks.h"
#include "core/http/session.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/net/proxy_protocol.h"
#include "core/text/request_path.h"
#include "core/text/url.h"
#include "gateway/model/access_log.h"
#include "gateway/model/handler.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/model/site.h"

namespace gateway {

/// What a running handler adds to an exchange: it gets the request's events and dies with the exchange.
class Activity : public core::RequestHandler {
 public:
  virtual ~Activity() = default;
};

/// The connection an exchange runs on.
class ExchangeOwner {
 public:
  /// Whether this connection may serve `host`: over TLS, whether its certificate covers it.
  [[nodiscard]] virtual bool may_serve(std::string_view host) const = 0;
  /// Who holds its other end (after PROXY protocol): a client, or a proxy that speaks for one.
  [[nodiscard]] virtual const core::IpAddress& peer() const = 0;
  /// The same as text, for fields and logs.
  [[nodiscard]] virtual const std::string& peer_text() const = 0;
  /// Both ends of it, as the PROXY protocol tells them.
  [[nodiscard]] virtual core::ProxyHeader::Ends ends() const = 0;
  /// What the client proved for the host that may_serve() was asked about. Null: nothing.
  [[nodiscard]] virtual const ShownCertificate* shown_certificate() const { return nullptr; }
  /// Whether new work should come here: what health_path says.
  [[nodiscard]] virtual bool is_ready() const = 0;
  /// What serves requests that begin now.
  [[nodiscard]] virtual std::shared_ptr<Site> current_site() const = 0;
  /// The exchange has ended; retire it.
  virtual void on_exchange_end(Exchange& exchange) = 0;

 protected:
  ~ExchangeOwner() = default;
};

class Exchange final : public core::RequestHandler, public core::Retirable, public core::Recycled {
 public:
  /// `stream` and `head` are the session's and live until the stream ends; `site` is pinned for the
  /// exchange's life.
  Exchange(ExchangeOwner& owner, std::shared_ptr<Site> site, core::ServerStream& stream,
           core::RequestHead& head);
  ~Exchange() override;

  /// Runs until the answer is given or something must be waited for. on_exchange_end() may come before this
  /// returns.
  void begin();
  /// For the https redirect listener: answers 308 to https for our own hosts, 421 otherwise.
  void begin_redirect();
  /// For the plain listener: 403 for all but trusted proxies; for those begin() if their client spoke https
  /// with them, else begin_redirect().
  void begin_plain();

  // For guards and handlers.
  [[nodiscard]] const Request& request() const { return request_; }
  /// Who holds the other end of the connection, after PROXY protocol.
  [[nodiscard]] const core::IpAddress& peer() const { return owner_.peer(); }
  /// The client's address as text, as fields and logs have it.
  [[nodiscard]] const std::string& client_text() const;
  /// The client and what it connected to; the port is 0 of a client that a trusted proxy speaks for.
  [[nodiscard]] core::ProxyHeader::Ends ends() const;
  [[nodiscard]] core::RequestHead& head() { return head_; }
  [[nodiscard]] core::ServerStream& stream() { return stream_; }
  [[nodiscard]] Site& site() { return *site_; }
  [[nodiscard]] const Route* route() const { return route_; }
  /// Whether the route that the request would have now still admits `identity` (null: nobody) to what it
  /// began, on this connection: a reload may have put another in its place, a certificate be revoked.
  [[nodiscard]] bool still_admits(const std::shared_ptr<const Identity>& identity, core::WallTime now) const;
  /// Something of it stands open from now on: `over` is called as Renewal's, where its guard has one.
  void renew(Renewal::OnOver over);
  /// Set-Cookie values of the guard; whoever sends a head adds them (own_cookies.h).
  [[nodiscard]] const std::vector<std::string>& cookies() const { return cookies_; }
  /// What the guard adds to the request that is sent on.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& granted_fields() const {
    return granted_;
  }
  /// Whether the gateway itself says what this field of an origin's answer says.
  [[nodiscard]] bool owns_field(const core::Field& field) const;
  /// Adds what every answer of this host and route bears. For whoever sends a head; views live as long as the
  /// exchange.
  void add_own_fields(core::Fields& fields) const;
  /// One more of ours, for the head that is to be sent.
  void add_cookie(std::string set_cookie) { cookies_.push_back(std::move(set_cookie)); }
  /// Null: it is not traced.
  [[nodiscard]] const Trace* trace() const { return trace_ ? &*trace_ : nullptr; }
  /// Since it began. Requires: it is traced.
  [[nodiscard]] SpanTime time_of(core::SteadyTime began) const;
  /// What the access log says besides.
  AccessRecord& record() { return record_; }

  /// Answers with a whole small reply. Requires: no head was sent.
  void reply(Reply reply);
  /// Answers with the error page for `status`; `error` goes to the log only.
  void reply_error(int status, const core::Error& error);
  /// Counts the request and answers 429 if it is one too many; true if it may go on.
  [[nodiscard]] bool is_within(const RateRule& rate);
  /// Runs `flow` and answers with what it returns, or with 500.
  void reply_with(core::Flow<Reply> flow);
  /// Hands the request's events to `activity`. It ends by finish() or abort().
  void run(std::unique_ptr<Activity> activity);
  /// The handler has sent head and body: completes the response.
  void finish(const core::Fields& trailers);
  /// The same before its time: `error` says why in the log.
  void finish_early(const core::Error& error);
  /// The response cannot be completed; the client sees a broken message.
  void abort(const core::Error& error);
  /// Collects the request body, at most `limit` bytes, then calls `then`; over the limit calls `over`, which
  /// answers, or answers 413.
  void collect_body(std::size_t limit, std::function<void(std::string body)> then,
                    std::function<void()> over = {});

  // core::RequestHandler
  void on_request_body(std::string_view bytes) override;
  void on_request_end(const core::Fields& trailers) override;
  void on_response_writable() override;
  void on_aborted(const core::Error& error) override;

 private:
  [[nodiscard]] std::string_view scheme() const { return is_https_ ? "https" : "http"; }
  void take_client();
  [[nodiscard]] bool client_is_known();
  [[nodiscard]] bool is_health_check() const;
  void answer_health();
  [[nodiscard]] bool answers_challenge();
  void redirect_to_https(std::string_view reason);
  void count();
  void count(Judged judged);
  void begin_trace(Tracer& tracer);
  void end_trace();
  [[nodiscard]] bool take_host();
  void serve_path();
  [[nodiscard]] bool says_strict_transport() const;
  void refuse_method(std::string_view allowed, std::string_view reason);
  [[nodiscard]] std::string methods_of_route() const;
  [[nodiscard]] std::chrono::seconds count_in(const RateRule& rate) const;
  void ask_guard();
  void take_verdict(Verdict verdict);
  void refuse(Verdict verdict);
  void end();

  ExchangeOwner& owner_;
  std::shared_ptr<Site> site_;
  core::ServerStream& stream_;
  core::RequestHead& head_;
  Request request_;
  std::array<char, 32> id_;
  std::string host_;
  std::string path_scratch_;
  std::optional<core::Result<ProxyReport>> report_;  // none: the peer is no trusted proxy
  std::string reported_text_;                        // of a client that is not the peer
  const HostRoutes* host_routes_ = nullptr;
  const Route* route_ = nullptr;
  std::vector<std::string> cookies_;
  std::vector<std::pair<std::string, std::string>> granted_;
  std::unique_ptr<Renewal> renewal_;
  AccessRecord record_;
  core::SteadyTime began_;
  std::optional<Trace> trace_;
  std::unique_ptr<Activity> activity_;
  core::RunningFlow<Verdict> guarding_;
  core::RunningFlow<Reply> replying_;
  std::string collected_;
  std::size_t collect_limit_ = 0;
  std::function<void(std::string)> collected_then_;
  std::function<void()> too_much_then_;  // empty: 413
  bool is_https_ = false;                // the client spoke it, with us or with a trusted proxy
  bool was_broken_off_ = false;
  bool ended_ = false;
};

}  // namespace gateway

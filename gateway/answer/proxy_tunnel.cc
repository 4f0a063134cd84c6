// What stands open, sockets and event streams: who may open one, and how it ends when somebody else than its
// two ends wants it to. The third part of ProxyExchange.
#include <algorithm>
#include <utility>

#include "core/http/upgrade.h"
#include "core/http/websocket_frames.h"
#include "gateway/answer/proxy_exchange.h"

namespace gateway {
namespace {

using core::FieldId;

/// What the client reads in the Close frame; the access log says more.
constexpr std::string_view kSessionEnded = "the session has ended";
constexpr std::string_view kGatewayEnds = "the gateway is ending";
constexpr std::string_view kTimeIsOver = "the time of this connection is over";

}  // namespace

/// Answers a handshake that must not reach an origin. An origin of HTTP/1.1 would refuse one without its key,
/// one of HTTP/2 never sees it.
bool ProxyExchange::take_handshake() {
  if (!origin_may_open_socket()) {
    constexpr std::string_view kReason = "a WebSocket from a foreign Origin";
    note_foreign_socket(kReason);
    exchange_.reply_error(403, {core::ErrorKind::refused, core::Side::client, std::string(kReason)});
    return false;
  }
  if (is_over_h2() || core::has_websocket_key(exchange_.head().fields)) return true;
  exchange_.reply_error(400, {core::ErrorKind::malformed, core::Side::client,
                              "a WebSocket handshake without its Sec-WebSocket-Key"});
  return false;
}

/// Somebody's browser was led to ask: a route without sessions is never asked about.
void ProxyExchange::note_foreign_socket(std::string_view reason) const {
  if (route_.strangers == nullptr) return;
  const Request& request = exchange_.request();
  if (admitted_.identity() == nullptr) {
    route_.strangers->note(AuditAct::request_refused, request, reason);
  } else {
    route_.strangers->note(AuditAct::request_refused, request, *admitted_.identity(), reason);
  }
}

bool ProxyExchange::origin_may_open_socket() const {
  // A browser sends cookies with any page's WebSocket handshake; only Origin tells whose page it is (RFC 6455
  // section 10.2).
  if (route_.is_public) return true;
  const Request& request = exchange_.request();
  const std::size_t origins = request.fields->count(FieldId::origin);
  // No page can make a browser send a token with a handshake.
  if (origins == 0 && admitted_.identity() != nullptr && admitted_.identity()->is_by_token()) return true;
  if (origins != 1) return false;
  const std::string_view origin = request.field(FieldId::origin);
  if (route_.websocket_origins.empty()) return origin == request.origin();
  return std::ranges::find(route_.websocket_origins, origin) != route_.websocket_origins.end();
}

/// Over HTTP/2 any 2xx says that the socket is open (RFC 8441 section 5).
void ProxyExchange::refuse_success() {
  std::exchange(origin_, nullptr)->cancel();
  fail({core::ErrorKind::malformed, core::Side::origin, "a success that opens no WebSocket"});
}

void ProxyExchange::open_tunnel() {
  exchange_.record().status = is_over_h2() ? 200 : 101;
  state_ = State::tunnel;
  request_complete_ = false;
  core::DeadlineList::remove(total_);
  if (route_.socket_deadline != nullptr) route_.socket_deadline->touch(total_);
  exchange_.stream().send_upgrade(buffers_->fields);
  exchange_.stream().receive_body(true);
}

void ProxyExchange::on_half_end() {
  touch_idle();
  origin_has_ended_ = true;
  exchange_.stream().send_half_end();
}

/// Whether what stands open may begin: its session may have ended while the origin took its time, and the
/// look that came with that has passed by.
bool ProxyExchange::stand() {
  if (!may_stay(exchange_.site().services.loop.clock().wall())) {
    break_off();
    return false;
  }
  exchange_.site().standing.add(*this);
  exchange_.renew([this](const core::Error& error) { break_off(error); });
  return true;
}

bool ProxyExchange::may_stay(core::WallTime now) {
  return state_ == State::done || exchange_.still_admits(admitted_.shared_identity(), now);
}

core::WallTime ProxyExchange::ends_at() const {
  return admitted_.identity() == nullptr ? core::WallTime::max() : admitted_.identity()->expires_at;
}

/// An event stream has no last words: its client asks again by itself.
Farewell ProxyExchange::say_goodbye() {
  if (state_ != State::tunnel) return Farewell::none;
  end_tunnel(core::websocket_close_frame(core::WebSocketClose::going_away, kGatewayEnds),
             {core::ErrorKind::unavailable, core::Side::us, "open until shutdown.timeout"});
  return Farewell::said;
}

void ProxyExchange::break_off() {
  break_off({core::ErrorKind::refused, core::Side::client,
             "the session that it was opened with does not count any more"});
}

void ProxyExchange::break_off(const core::Error& error) {
  if (state_ == State::done) return;
  if (state_ == State::tunnel) {
    return end_tunnel(core::websocket_close_frame(core::WebSocketClose::policy_violation, kSessionEnded),
                      error);
  }
  core::DeadlineList::remove(*this);
  if (origin_ != nullptr) std::exchange(origin_, nullptr)->cancel();
  if (state_ != State::sent) return fail(error);
  state_ = State::done;
  exchange_.reply_error(403, error);
}

void ProxyExchange::end_tunnel_in_time(const core::Error& error) {
  end_tunnel(core::websocket_close_frame(core::WebSocketClose::going_away, kTimeIsOver), error);
}

/// Ends both sides. The client reads why, `close_frame`, unless that would fall into a frame of the origin's,
/// behind its Close, or behind its end.
void ProxyExchange::end_tunnel(const std::string& close_frame, const core::Error& error) {
  if (origin_ != nullptr) std::exchange(origin_, nullptr)->cancel();
  if (origin_has_ended_ || !boundary_.may_insert()) return fail(error);
  state_ = State::done;
  end_waits();
  exchange_.record().bytes_sent += close_frame.size();
  exchange_.stream().send_body(close_frame);
  exchange_.finish_early(error);
}

}  // namespace gateway

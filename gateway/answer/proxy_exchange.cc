#include "gateway/answer/proxy_exchange.h"

#include <algorithm>
#include <utility>

#include "core/text/url.h"
#include "gateway/answer/compression.h"

namespace gateway {
namespace {

using core::FieldId;

core::Error client_error(core::ErrorKind kind, std::string text) {
  return {kind, core::Side::client, std::move(text)};
}

/// RFC 9110 section 9.2.2: what may be sent twice without harm.
bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" || method == "DELETE";
}

/// HTML Living Standard section 9.2: an answer that lasts as long as both sides like.
bool is_event_stream(const core::Fields& fields) {
  constexpr std::string_view kType = "text/event-stream";
  const std::string_view type = fields.find(FieldId::content_type).value_or(std::string_view());
  return core::equals_ignoring_case(type.substr(0, kType.size()), kType);
}

int status_of(const core::Error& error) {
  switch (error.kind) {
    case core::ErrorKind::timed_out:
      return 504;
    case core::ErrorKind::unavailable:
      return 503;
    default:
      return 502;
  }
}

}  // namespace

ProxyExchange::ProxyExchange(Exchange& exchange, ProxyRoute& route, Admitted admitted)
    : exchange_(exchange), route_(route), admitted_(std::move(admitted)), search_(*route.upstream, *this) {}

ProxyExchange::~ProxyExchange() {
  end_question(origin_status_ == 101 ? "" : "broken_off");  // a tunnel has no other end
  if (origin_ != nullptr) origin_->cancel();
}

ProxyExchange::Building::Building(ProxyExchange& exchange) : exchange_(exchange) {
  exchange_.buffers_ = exchange_.route_.spares->take();
}

ProxyExchange::Building::~Building() {
  exchange_.route_.spares->give(std::move(exchange_.buffers_));
}

void ProxyExchange::start() {
  core::RequestHead& head = exchange_.head();
  if (route_.body_limit && head.body.kind == core::BodyLength::Kind::known &&
      head.body.bytes > *route_.body_limit) {
    return exchange_.reply_error(
        413, client_error(core::ErrorKind::too_large, "the body is over the route's limit"));
  }
  // Any other protocol than WebSocket stays HTTP/1.1: the Upgrade field goes with the hop-by-hop fields (no
  // h2c tunnel).
  is_upgrade_ = head.wants_upgrade && head.fields.list_has(FieldId::upgrade, "websocket");
  if (is_upgrade_ && !take_handshake()) return;
  if (route_.path != nullptr && !take_origin_path()) return;
  request_complete_ = head.body.kind == core::BodyLength::Kind::none;
  exchange_.record().upstream = route_.upstream->text();
  take_out_hop_by_hop();
  if (route_.total_deadline != nullptr) route_.total_deadline->touch(total_);
  route_.upstream->retries().on_request();
  if (RouteTraffic* traffic = exchange_.route()->traffic) traffic->upstream_requests.add();
  OriginSearch::Wish wish;
  wish.client = exchange_.request().client;
  wish.label = presented_label();
  wish.connect_timeout = route_.connect_timeout;
  wish.waiting_deadline = route_.waiting_deadline;
  if (is_upgrade_) wish.connection = OriginSearch::Connection::fresh;
  if (route_.proxy_header == config::SentProxyHeader::v2) {
    greeting_ = core::proxy_v2_header(exchange_.ends());
    wish.greeting = greeting_;
    wish.connection = OriginSearch::Connection::fresh;
  }
  search_.start(wish);
}

/// What the client's cookie says; of several the first, for whatever it says decides nothing but the way.
std::string_view ProxyExchange::presented_label() const {
  if (route_.origin_cookie.empty()) return {};
  for (const core::Field& field : exchange_.head().fields) {
    if (field.id != FieldId::cookie) continue;
    const core::CookieLookup found = core::find_cookie(field.value, route_.origin_cookie);
    if (found.count > 0) return found.first;
  }
  return {};
}

/// The next requests of this browser go to the origin that answers now.
void ProxyExchange::hold_to_origin() {
  const std::string& label = search_.origin()->candidate().label;
  if (route_.origin_cookie.empty() || label == presented_label()) return;
  core::SetCookie cookie;
  cookie.name = route_.origin_cookie;
  cookie.value = label;
  cookie.same_site = route_.origin_cookie_same_site;
  exchange_.add_cookie(cookie.text());
}

std::string_view ProxyExchange::host_to_send() const {
  switch (route_.host.mode) {
    case config::UpstreamHostMode::upstream:
      return search_.origin()->place().host_field;
    case config::UpstreamHostMode::name:
      return route_.host.name;
    case config::UpstreamHostMode::preserve:
      break;
  }
  return exchange_.head().host;
}

void ProxyExchange::on_session(core::ClientSession& session) {
  exchange_.record().upstream = search_.origin()->name();
  const core::RequestHead& head = exchange_.head();
  const Building building(*this);
  if (exchange_.trace() != nullptr && exchange_.trace()->own.is_sampled) begin_question();
  build_fields();
  core::OutgoingRequest request;
  request.method = head.method;
  request.target = target();
  request.host = host_to_send();
  request.body = head.body;
  // It has ended without a byte, before this origin: nobody would end it again.
  if (request_complete_ && head.body.kind == core::BodyLength::Kind::unknown)
    request.body = core::BodyLength::known(0);
  request.upgrade = is_upgrade_;
  request.fields = &buffers_->fields;
  state_ = State::sent;
  origin_ = &session.start(request, *this);
  if (request_complete_) {
    route_.response_deadline->touch(*this);
  } else {
    touch_idle();
    exchange_.stream().receive_body(true);
  }
}

/// The query goes with any path, byte for byte.
bool ProxyExchange::take_origin_path() {
  const Request& request = exchange_.request();
  const core::Result<void> written = route_.path->write(request.path, target_);
  if (!written) {
    exchange_.reply_error(400, written.error());
    return false;
  }
  target_.append(request.query);
  return true;
}

/// Path and query as one: as they came, where that was the normal form already.
std::string_view ProxyExchange::target() {
  if (route_.path != nullptr) return target_;
  const Request& request = exchange_.request();
  if (request.query.empty()) return request.path;
  if (request.path.data() + request.path.size() == request.query.data()) {
    return {request.path.data(), request.path.size() + request.query.size()};
  }
  target_.assign(request.path).append(request.query);
  return target_;
}

void ProxyExchange::on_request_body(std::string_view bytes) {
  if (origin_ == nullptr) return;
  request_bytes_ += bytes.size();
  if (route_.body_limit && request_bytes_ > *route_.body_limit && state_ != State::tunnel) {
    const bool head_was_sent = std::exchange(state_, State::done) == State::answering;
    std::exchange(origin_, nullptr)->cancel();
    end_waits();
    const core::Error error = client_error(core::ErrorKind::too_large, "the body is over the route's limit");
    if (head_was_sent) return exchange_.abort(error);
    return exchange_.reply_error(413, error);
  }
  touch_idle();
  content_was_sent_ = true;
  if (origin_->send_body(bytes) == core::Pressure::full) exchange_.stream().receive_body(false);
}

void ProxyExchange::on_request_end(const core::Fields& trailers) {
  if (request_complete_ && state_ != State::tunnel) return;
  request_complete_ = true;
  if (origin_ == nullptr) return;
  if (state_ == State::sent) route_.response_deadline->touch(*this);
  core::Fields passed;
  for (const core::Field& trailer : trailers) {
    if (passes_as_trailer(trailer)) passed.add(trailer);
  }
  if (!passed.empty()) content_was_sent_ = true;
  origin_->send_end(passed);
}

void ProxyExchange::on_response_writable() {
  if (state_ == State::answering || state_ == State::tunnel) touch_idle();
  if (origin_ != nullptr) origin_->receive_body(true);
}

void ProxyExchange::on_aborted(const core::Error&) {
  state_ = State::done;
  if (origin_ != nullptr) std::exchange(origin_, nullptr)->cancel();
  end_waits();  // or a search could end in this same turn and send the request of a client that is gone
}

void ProxyExchange::end_waits() {
  core::DeadlineList::remove(*this);
  core::DeadlineList::remove(total_);
  search_.end();
  if (encoded_ != nullptr) encoded_->stop();
}

void ProxyExchange::on_request_writable() {
  if (state_ != State::sent) touch_idle();
  if (!request_complete_ || state_ == State::tunnel) exchange_.stream().receive_body(true);
}

void ProxyExchange::on_response_head(core::ResponseHead& head) {
  if (head.status != 101 && head.status < 200) return send_interim(head);
  touch_idle();
  origin_status_ = head.status;
  route_.upstream->note_success(*search_.origin());
  if (is_upgrade_ && is_over_h2() && head.status >= 200 && head.status < 300) return refuse_success();
  hold_to_origin();
  const Building building(*this);
  build_response_fields(head);
  if ((head.status == 101 || is_event_stream(buffers_->fields)) && !stand()) return;
  if (head.status == 101) return open_tunnel();
  exchange_.record().status = head.status;
  state_ = State::answering;
  if (route_.encoders != nullptr) compress(head);
  exchange_.stream().send_head(head.status, buffers_->fields, head.body);
}

void ProxyExchange::send_interim(core::ResponseHead& head) {
  core::Fields passed;
  core::remove_hop_by_hop(head.fields);
  for (const core::Field& field : head.fields) {
    if (passes_to_client(field)) passed.add(field);
  }
  exchange_.stream().send_head(head.status, passed, core::BodyLength::none());
}

void ProxyExchange::on_response_body(std::string_view bytes) {
  touch_idle();
  if (encoded_ != nullptr) return encoded_->take(bytes);
  on_encoded(bytes);
}

void ProxyExchange::on_encoded(std::string_view bytes) {
  exchange_.record().bytes_sent += bytes.size();
  if (state_ == State::tunnel) boundary_.pass(bytes);
  if (exchange_.stream().send_body(bytes) == core::Pressure::full && origin_ != nullptr)
    origin_->receive_body(false);
}

void ProxyExchange::on_encoding_failed() {
  if (origin_ != nullptr) std::exchange(origin_, nullptr)->cancel();
  fail({core::ErrorKind::unavailable, core::Side::us, "the answer could not be compressed"});
}

void ProxyExchange::on_response_end(const core::Fields& trailers) {
  origin_ = nullptr;
  end_question({});
  if (encoded_ != nullptr && !encoded_->end()) return;
  state_ = State::done;
  end_waits();
  core::Fields passed;
  for (const core::Field& trailer : trailers) {
    const bool is_stale = encoded_ != nullptr && is_digest(trailer.name);
    if (trailer.id == FieldId::other && passes_to_client(trailer) && !is_stale) passed.add(trailer);
  }
  exchange_.finish(passed);
}

/// RFC 9110 section 9.2.2; a body is gone once it was sent.
bool ProxyExchange::may_be_sent_twice() const {
  return state_ == State::sent && !content_was_sent_ && request_complete_ && !is_upgrade_ &&
         is_idempotent(exchange_.request().method);
}

/// The origin said that it did nothing (HTTP/2: RFC 9113 section 8.7), so any method may be sent again.
bool ProxyExchange::was_refused(const core::Error& error) const {
  return state_ == State::sent && !content_was_sent_ && error.kind == core::ErrorKind::refused &&
         error.retry == core::Retry::safe;
}

bool ProxyExchange::may_retry_elsewhere(const core::Error& error) {
  const bool is_harmless =
      was_refused(error) || (may_be_sent_twice() && error.kind == core::ErrorKind::closed);
  return is_harmless && retries_ < route_.retries && search_.has_next() &&
         route_.upstream->retries().take(route_.upstream->loop().now());
}

void ProxyExchange::on_failed(core::Error error) {
  origin_ = nullptr;
  end_question(core::name_of(error.kind));
  core::DeadlineList::remove(*this);
  const bool was_closed_unheard =
      search_.is_reused() && error.retry == core::Retry::safe && error.kind != core::ErrorKind::refused;
  const bool was_answered = state_ != State::sent;
  const bool is_refused = was_refused(error);
  if (is_refused && !std::exchange(was_refused_once_, true)) {
    search_again();
    return search_.again();
  }
  if (was_closed_unheard && may_be_sent_twice()) {
    // RFC 9112 section 9.3.1: origins close idle connections whenever they like.
    search_again();
    return search_.again();
  }
  const bool is_wish = error.kind == core::ErrorKind::unsupported;  // nothing is wrong with the origin
  if (!was_answered && !was_closed_unheard && !is_refused && !is_wish) {
    route_.upstream->note_failure(*search_.origin(), OriginFailure::response, error);
  }
  if (may_retry_elsewhere(error)) {
    ++retries_;
    search_again();
    return search_.next();
  }
  fail(error);
}

void ProxyExchange::search_again() {
  state_ = State::searching;
  // What comes of the body until there is an origin again is the next one's.
  if (!request_complete_) exchange_.stream().receive_body(false);
  exchange_.record().upstream = route_.upstream->text();  // the origin may be gone before there is another
}

void ProxyExchange::on_no_session(const core::Error& error) {
  fail(error);
}

void ProxyExchange::fail(const core::Error& error) {
  end_question(core::name_of(error.kind));
  const bool head_was_sent = state_ == State::answering || state_ == State::tunnel;
  state_ = State::done;
  if (RouteTraffic* traffic = exchange_.route()->traffic) traffic->upstream_failures.add();
  if (head_was_sent) {
    end_waits();
    return exchange_.abort(error);
  }
  exchange_.site().services.log.warn("the upstream did not answer",
                                     {{"upstream", exchange_.record().upstream},
                                      {"error", error.text},
                                      {"request_id", exchange_.request().id}});
  end_waits();
  exchange_.reply_error(status_of(error), error);
}

void ProxyExchange::on_deadline() {
  core::Error error{core::ErrorKind::timed_out, core::Side::origin,
                    state_ == State::sent ? "no response head in time" : "no byte either way in time"};
  if (state_ == State::tunnel) return end_tunnel_in_time(error);
  if (origin_ != nullptr) std::exchange(origin_, nullptr)->cancel();
  if (state_ == State::sent && request_complete_) {
    route_.upstream->note_failure(*search_.origin(), OriginFailure::response, error);
  }
  fail(error);
}

void ProxyExchange::on_total_deadline() {
  if (state_ == State::tunnel) {
    return end_tunnel_in_time(client_error(core::ErrorKind::timed_out, "open for websocket.lifetime"));
  }
  if (origin_ != nullptr) std::exchange(origin_, nullptr)->cancel();
  fail({core::ErrorKind::timed_out, core::Side::origin, "not complete within timeouts.total"});
}

}  // namespace gateway

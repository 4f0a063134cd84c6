// How an exchange is answered and ends; what it must pass before that is in exchange.cc.
#include <utility>

#include "gateway/model/exchange.h"
#include "gateway/model/grpc.h"
#include "gateway/model/own_cookies.h"

namespace gateway {
namespace {

/// The Referer without its query and fragment, which may hold codes and tokens of other sites.
std::string_view without_query(std::string_view url) {
  return url.substr(0, url.find_first_of("?#"));
}

/// Seconds: what is busy now may be free in a moment.
constexpr std::string_view kRetryAfter = "1";

constexpr std::string_view kStrictTransport = "Strict-Transport-Security";

/// Over HTTP/2 a 2xx alone says that the socket is open (RFC 8441 section 5).
bool opens_socket(const core::RequestHead& head) {
  return head.wants_upgrade && head.version == core::HttpVersion::http2;
}

/// What the session answered by itself before it gave the request up; 499 where nobody was there to answer.
int status_of_abort(const core::Error& error) {
  if (error.kind == core::ErrorKind::malformed) return 400;
  return error.kind == core::ErrorKind::timed_out ? 408 : 499;
}

}  // namespace

/// RFC 6797 section 7.2: never on plain http, and only for hosts of ours.
bool Exchange::says_strict_transport() const {
  return is_https_ && host_routes_ != nullptr && !site_->strict_transport.empty();
}

bool Exchange::owns_field(const core::Field& field) const {
  if (field.id != core::FieldId::other) return false;
  if (says_strict_transport() && core::equals_ignoring_case(field.name, kStrictTransport)) return true;
  return route_ != nullptr && route_->cross_origin != nullptr && CrossOriginRule::owns(field);
}

void Exchange::add_own_fields(core::Fields& fields) const {
  if (says_strict_transport() && !fields.find(kStrictTransport))
    fields.add(kStrictTransport, site_->strict_transport);
  if (route_ != nullptr && route_->cross_origin != nullptr) route_->cross_origin->add_to(fields, request_);
}

void Exchange::reply(Reply reply) {
  if (ended_) return;
  if (opens_socket(head_) && reply.status >= 200 && reply.status < 300) {
    return reply_error(501,
                       {core::ErrorKind::unsupported, core::Side::client, "a WebSocket where there is none"});
  }
  if (reply.status >= 400 && is_grpc(request_)) {
    if (reply.reason.empty()) reply.reason = record_.reason;
    reply = as_grpc(std::move(reply), request_);
  }
  record_.status = reply.status;
  if (!reply.reason.empty()) {
    record_.owned_reason = std::move(reply.reason);
    record_.reason = record_.owned_reason;
  }
  core::Fields fields;
  for (const auto& [name, value] : reply.fields) fields.add(name, value);
  add_own_fields(fields);
  add_own_cookies(fields, cookies_);
  fields.add(core::FieldId::x_request_id, request_.id);
  const bool has_no_body = reply.status == 204 || reply.status == 304;
  stream_.send_head(reply.status, fields,
                    has_no_body ? core::BodyLength::none() : core::BodyLength::known(reply.body.size()));
  if (!reply.body.empty() && !has_no_body && request_.method != "HEAD") {
    record_.bytes_sent = reply.body.size();
    stream_.send_body(reply.body);
  }
  finish(core::Fields());
}

void Exchange::reply_error(int status, const core::Error& error) {
  record_.owned_reason = error.text;
  record_.reason = record_.owned_reason;
  if (error.side == core::Side::us) {
    site_->services.log.error("a request failed through our own fault",
                              {{"error", error.text}, {"request_id", request_.id}});
  }
  Reply refusal = site_->errors->answer(request_, status);
  if (status == 503 && error.retry == core::Retry::later) refusal.with("Retry-After", kRetryAfter);
  reply(std::move(refusal));
}

void Exchange::reply_with(core::Flow<Reply> flow) {
  replying_.start(std::move(flow), [this](core::Result<Reply> reply_or_error) {
    if (reply_or_error) return reply(std::move(*reply_or_error));
    const int status = reply_or_error.error().kind == core::ErrorKind::unavailable ? 503 : 500;
    reply_error(status, reply_or_error.error());
  });
}

void Exchange::run(std::unique_ptr<Activity> activity) {
  activity_ = std::move(activity);
}

void Exchange::finish(const core::Fields& trailers) {
  if (ended_) return;
  end();
  stream_.send_end(trailers);
}

void Exchange::finish_early(const core::Error& error) {
  record_.owned_reason = error.text;
  record_.reason = record_.owned_reason;
  finish(core::Fields());
}

void Exchange::abort(const core::Error& error) {
  if (ended_) return;
  record_.owned_reason = error.text;
  record_.reason = record_.owned_reason;
  was_broken_off_ = true;
  end();
  stream_.abort();
}

void Exchange::count(Judged judged) {
  if (route_->traffic != nullptr) route_->traffic->note(judged);
}

void Exchange::count() {
  Traffic* traffic = site_->services.traffic;
  if (traffic == nullptr) return;
  traffic->requests_ended.add();
  const bool is_routed = route_ != nullptr && route_->traffic != nullptr;
  RouteTraffic& cells = is_routed ? *route_->traffic : traffic->unrouted();
  cells.note({head_.method, record_.status, site_->services.loop.now() - began_, record_.bytes_received,
              record_.bytes_sent});
}

SpanTime Exchange::time_of(core::SteadyTime began) const {
  return {record_.started + std::chrono::duration_cast<core::WallTime::duration>(began - began_),
          site_->services.loop.now() - began};
}

void Exchange::end_trace() {
  ServerSpan span;
  span.time = time_of(began_);
  span.method = record_.method;
  span.scheme = scheme();
  span.host = record_.host;
  span.port = request_.port;
  span.path = record_.path;
  span.route = record_.route;
  span.client = client_text();
  span.protocol = record_.protocol_version();
  span.user_agent = request_.field(core::FieldId::user_agent);
  span.status = record_.status;
  if (was_broken_off_) span.error = "broken_off";
  site_->services.tracer->end(*trace_, span);
}

void Exchange::end() {
  ended_ = true;
  count();
  if (trace_ && trace_->own.is_sampled) end_trace();
  if (site_->services.access_log.is_on()) {
    record_.client = client_text();
    record_.peer = owner_.peer_text();
    record_.scheme = scheme();
    record_.user_agent = request_.field(core::FieldId::user_agent);
    record_.referer = without_query(request_.field(core::FieldId::referer));
    record_.duration =
        std::chrono::duration_cast<core::Duration>(site_->services.loop.clock().wall() - record_.started);
    site_->services.access_log.write(record_);
  }
  owner_.on_exchange_end(*this);
}

void Exchange::refuse(Verdict verdict) {
  if (!verdict.answer_with_body) return reply(std::move(verdict.answer));
  const auto of_body = [this, make = std::move(verdict.answer_with_body)](std::string body) {
    reply(make(request_, std::move(body)));
  };
  const auto of_too_much = [this, answer = std::move(verdict.answer)]() { reply(answer); };
  collect_body(kMaxRefusedBody, of_body, of_too_much);
}

void Exchange::collect_body(std::size_t limit, std::function<void(std::string body)> then,
                            std::function<void()> over) {
  if (head_.body.kind == core::BodyLength::Kind::none) return then(std::string());
  collect_limit_ = limit;
  collected_then_ = std::move(then);
  too_much_then_ = std::move(over);
  stream_.receive_body(true);
}

void Exchange::on_request_body(std::string_view bytes) {
  if (ended_) return;
  record_.bytes_received += bytes.size();
  if (activity_) return activity_->on_request_body(bytes);
  if (!collected_then_) return;
  if (collected_.size() + bytes.size() > collect_limit_) {
    collected_then_ = nullptr;
    if (too_much_then_) return std::exchange(too_much_then_, nullptr)();
    return reply_error(413, {core::ErrorKind::too_large, core::Side::client, "the body is too large"});
  }
  collected_.append(bytes);
}

void Exchange::on_request_end(const core::Fields& trailers) {
  if (ended_) return;
  if (activity_) return activity_->on_request_end(trailers);
  if (collected_then_) std::exchange(collected_then_, nullptr)(std::move(collected_));
}

void Exchange::on_response_writable() {
  if (!ended_ && activity_) activity_->on_response_writable();
}

void Exchange::on_aborted(const core::Error& error) {
  if (ended_) return;
  // What still waits must not wake up in this turn and serve a client that is gone.
  guarding_.cancel();
  replying_.cancel();
  if (activity_) activity_->on_aborted(error);
  if (record_.reason.empty()) {
    record_.owned_reason = error.text;
    record_.reason = record_.owned_reason;
  }
  if (record_.status == 0) record_.status = status_of_abort(error);
  was_broken_off_ = true;
  end();
}

}  // namespace gateway

#include "gateway/model/exchange.h"

#include <utility>

#include "core/base/check.h"
#include "gateway/model/resource_metadata.h"

namespace gateway {
namespace {

std::string_view protocol_of(core::HttpVersion version) {
  switch (version) {
    case core::HttpVersion::http10:
      return "HTTP/1.0";
    case core::HttpVersion::http11:
      return "HTTP/1.1";
    case core::HttpVersion::http2:
      break;
  }
  return "HTTP/2.0";
}

/// What is said to a client that asks for what no route takes, before there is a route.
constexpr std::string_view kUsualMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

}  // namespace

Exchange::Exchange(ExchangeOwner& owner, std::shared_ptr<Site> site, core::ServerStream& stream,
                   core::RequestHead& head)
    : owner_(owner), site_(std::move(site)), stream_(stream), head_(head) {
  site_->services.random.hex_id(id_);
  request_.method = head.method;
  request_.fields = &head.fields;
  take_client();
  request_.id = {id_.data(), id_.size()};
  request_.now = site_->services.loop.clock().wall();
  record_.started = request_.now;
  record_.method = head.method;
  record_.protocol = protocol_of(head.version);
  record_.path = head.target.substr(0, head.target.find('?'));
  record_.request_id = request_.id;
  began_ = site_->services.loop.now();
  if (site_->services.traffic != nullptr) site_->services.traffic->requests_begun.add();
  if (Tracer* tracer = site_->services.tracer) begin_trace(*tracer);
}

void Exchange::begin_trace(Tracer& tracer) {
  trace_ = tracer.begin(request_.id, head_.fields, report_.has_value());
  record_.trace_id = {trace_->trace_text.data(), trace_->trace_text.size()};
  record_.span_id = {trace_->span_text.data(), trace_->span_text.size()};
}

Exchange::~Exchange() = default;

void Exchange::take_client() {
  request_.client = owner_.peer();
  if (!site_->clients.trusts(owner_.peer())) return;
  report_ = site_->clients.read(owner_.peer(), head_.fields);
  if (!*report_ || (*report_)->client == owner_.peer()) return;
  request_.client = (*report_)->client;
  reported_text_ = request_.client.text();
}

const std::string& Exchange::client_text() const {
  return reported_text_.empty() ? owner_.peer_text() : reported_text_;
}

core::ProxyHeader::Ends Exchange::ends() const {
  core::ProxyHeader::Ends ends = owner_.ends();
  if (ends.source.ip != request_.client) ends.source = {request_.client, 0, {}};
  return ends;
}

/// A rule about a client must not be judged by somebody else's address.
bool Exchange::client_is_known() {
  if (!report_ || *report_) return true;
  reply_error(400, report_->error());
  return false;
}

bool Exchange::take_host() {
  core::Result<core::Authority> authority = core::parse_authority(head_.host);
  if (!authority) {
    reply_error(400, authority.error());
    return false;
  }
  host_ = std::move(authority->host);
  request_.host = host_;
  record_.host = host_;
  const std::optional<std::uint16_t> port = site_->public_port.of_https_host(authority->port);
  host_routes_ = site_->router.find(host_);
  if (host_routes_ == nullptr || !port || !owner_.may_serve(host_)) {
    request_.port = site_->public_port.for_redirect();
    reply_error(421, {core::ErrorKind::refused, core::Side::client, "not a host of this connection"});
    return false;
  }
  request_.port = *port;
  request_.certificate = owner_.shown_certificate();
  return true;
}

bool Exchange::is_health_check() const {
  return !site_->health_path.empty() && head_.target == site_->health_path;
}

/// For balancers: 503 from the moment the process was told to end, though it goes on accepting for a while,
/// so that they send their clients elsewhere.
void Exchange::answer_health() {
  trace_.reset();  // every second, and of no interest
  record_.trace_id = record_.span_id = {};
  Reply answer;
  answer.status = owner_.is_ready() ? 200 : 503;
  answer.with("Content-Type", "text/plain; charset=utf-8").with("Cache-Control", "no-store");
  answer.body = owner_.is_ready() ? "ok\n" : "draining\n";
  reply(std::move(answer));
}

/// http-01 (RFC 8555 section 8.3): what is no well-formed question about a host of ours goes the normal way.
bool Exchange::answers_challenge() {
  if (site_->challenges == nullptr || !head_.target.starts_with(tls::kChallengePath)) return false;
  std::optional<std::string> proof = site_->challenges->current().http01(head_.method, host_, head_.target);
  if (!proof) return false;
  Reply answer;
  answer.status = 200;
  answer.with("Content-Type", "application/octet-stream").with("X-Content-Type-Options", "nosniff");
  answer.with("Cache-Control", "no-store");
  answer.body = std::move(*proof);
  answer.reason = "answered a certificate authority's challenge";
  reply(std::move(answer));
  return true;
}

void Exchange::begin() {
  is_https_ = true;
  if (!client_is_known()) return;
  if (is_health_check()) return answer_health();
  if (!take_host() || answers_challenge()) return;
  // RFC 9110 section 9.3.8: its answer would repeat what the gateway adds.
  if (head_.method == "TRACE") {
    return refuse_method(kUsualMethods, "TRACE");
  }
  serve_path();
}

void Exchange::begin_plain() {
  if (!report_) {
    return reply_error(403, {core::ErrorKind::refused, core::Side::client, "no trusted proxy"});
  }
  if (*report_ && (*report_)->is_https) return begin();
  redirect_to_https("redirect to https: the proxy does not say that its client speaks it");
}

void Exchange::begin_redirect() {
  redirect_to_https("redirect to https");
}

void Exchange::redirect_to_https(std::string_view reason) {
  if (!client_is_known()) return;
  core::Result<core::Authority> authority = core::parse_authority(head_.host);
  if (!authority) return reply_error(400, authority.error());
  host_ = std::move(authority->host);
  request_.host = host_;
  record_.host = host_;
  request_.port = site_->public_port.for_redirect();
  if (is_health_check()) return answer_health();
  if (site_->router.find(host_) == nullptr) {
    return reply_error(421, {core::ErrorKind::refused, core::Side::client, "not a host of this file"});
  }
  if (answers_challenge()) return;
  core::Result<core::NormalTarget> target =
      core::normalise_target(head_.target, core::EncodedSlashes::keep, path_scratch_);
  if (!target) return reply_error(400, target.error());
  std::string location = request_.origin();
  location.append(target->path).append(target->query);
  record_.reason = reason;
  reply(redirect_to(308, std::move(location)));
}

void Exchange::serve_path() {
  // %2F is judged per route: it is kept here, and refused below unless the route that wins keeps it.
  core::Result<core::NormalTarget> target =
      core::normalise_target(head_.target, core::EncodedSlashes::keep, path_scratch_);
  if (!target) return reply_error(400, target.error());
  request_.path = target->path;
  request_.query = target->query;
  record_.path = target->path;
  if (std::optional<Reply> metadata = answer_resource_metadata(request_, *host_routes_))
    return reply(std::move(*metadata));
  if (host_routes_->is_endpoint(request_.path, site_->prefix)) {
    record_.route = "endpoints";
    std::optional<Verdict> verdict = site_->open->admit_now(request_);
    CHECK(verdict && verdict->admitted);
    return site_->endpoints->serve(*this, std::move(*verdict->admitted));
  }
  route_ = host_routes_->find(request_.path, head_.fields);
  if (route_ == nullptr) {
    return reply_error(404, {core::ErrorKind::not_found, core::Side::client, "no route for this path"});
  }
  record_.route = route_->name;
  if (!host_routes_->reads_alike(*route_, request_, site_->prefix)) {
    return reply_error(
        400, {core::ErrorKind::malformed, core::Side::client, "a path that could be read in two ways"});
  }
  const bool is_preflight = route_->cross_origin != nullptr && route_->cross_origin->answers(request_);
  if (!is_preflight && !route_->takes_method(request_.method)) {
    return refuse_method(methods_of_route(), "a method that the route does not take");
  }
  const RateRule* rate = route_->rate;
  if (rate != nullptr && rate->per() == config::RatePer::address && !is_within(*rate)) return;
  if (is_preflight) return reply(route_->cross_origin->preflight_answer(request_));
  ask_guard();
}

std::chrono::seconds Exchange::count_in(const RateRule& rate) const {
  const core::SteadyTime now = site_->services.loop.now();
  switch (rate.per()) {
    case config::RatePer::address:
      return rate.count_address(request_.client, now);
    case config::RatePer::user:
      return rate.count_user(record_.identity.get(), request_.client, now);
    case config::RatePer::route:
      return rate.count_route(now);
  }
  return rate.count_address(request_.client, now);
}

/// RFC 6585 section 4.
bool Exchange::is_within(const RateRule& rate) {
  const std::chrono::seconds wait = count_in(rate);
  if (wait == std::chrono::seconds::zero()) return true;
  // Our own endpoints have no route.
  if (route_ != nullptr && route_->traffic != nullptr) route_->traffic->rate_limited.add();
  Reply refusal = site_->errors->answer(request_, 429);
  refusal.with("Retry-After", std::to_string(wait.count()));
  refusal.reason = rate.reason();
  reply(std::move(refusal));
  return false;
}

/// RFC 9110 section 15.5.6: a 405 says what would be taken.
void Exchange::refuse_method(std::string_view allowed, std::string_view reason) {
  Reply refusal = site_->errors->answer(request_, 405);
  refusal.with("Allow", allowed);
  refusal.reason = reason;
  reply(std::move(refusal));
}

std::string Exchange::methods_of_route() const {
  std::string methods;
  for (const std::string& method : route_->methods)
    methods.append(methods.empty() ? "" : ", ").append(method);
  return methods;
}

void Exchange::ask_guard() {
  if (std::optional<Verdict> verdict = route_->guard->admit_now(request_))
    return take_verdict(std::move(*verdict));
  guarding_.start(route_->guard->admit(request_), [this](core::Result<Verdict> verdict) {
    if (verdict) return take_verdict(std::move(*verdict));
    count(Judged::failed);
    reply_error(503, verdict.error());
  });
}

void Exchange::take_verdict(Verdict verdict) {
  cookies_ = std::move(verdict.cookies);
  granted_ = std::move(verdict.fields);
  renewal_ = std::move(verdict.renewal);
  count(verdict.admitted ? Judged::admitted : Judged::refused);
  if (!verdict.admitted) return refuse(std::move(verdict));
  if (const Identity* identity = verdict.admitted->identity()) {
    // An e-mail that nobody vouches for would put somebody else's name into the log.
    record_.user = identity->email_counts ? std::string_view(identity->email) : identity->subject;
    record_.identity = verdict.admitted->shared_identity();
  }
  if (verdict.took_authorization) {
    head_.fields.remove_if([](const core::Field& field) { return field.id == core::FieldId::authorization; });
  }
  // Only now: those who are refused anyway use up nobody's share.
  const RateRule* rate = route_->rate;
  if (rate != nullptr && rate->per() != config::RatePer::address && !is_within(*rate)) return;
  // What claims to be identity is taken out on every route before any handler sees the request.
  site_->identity_names.strip(head_.fields);
  route_->handler->serve(*this, std::move(*verdict.admitted));
}

bool Exchange::still_admits(const std::shared_ptr<const Identity>& identity, core::WallTime now) const {
  if (!owner_.may_serve(host_)) return false;
  const std::shared_ptr<Site> site = owner_.current_site();
  const Route* route = route_;
  if (site != site_) {
    const HostRoutes* routes = site->router.find(host_);
    route = routes == nullptr ? nullptr : routes->find(request_.path, head_.fields);
  }
  if (route == nullptr || !route->guard->still_admits(request_, identity, now)) return false;
  const std::string_view renewed_by = route->guard->renewed_by();
  return renewed_by.empty() || (renewal_ != nullptr && renewal_->by() == renewed_by);
}

void Exchange::renew(Renewal::OnOver over) {
  if (renewal_ != nullptr) renewal_->begin(request_, std::move(over));
}

}  // namespace gateway

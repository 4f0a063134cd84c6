#include "tests/gateway/run/support/house.h"

#include <algorithm>
#include <utility>

#include "core/text/url.h"
#include "gateway/answer/error_answers.h"
#include "gateway/guard/open_guard.h"
#include "tls/self_signed.h"

namespace test_support {
namespace {

config::Upstream settled(config::Upstream settings) {
  if (settings.origins.empty())
    settings.origins.emplace_back().url = *core::parse_url("http://origin.test:8080/");
  return settings;
}

tls::CertificatePointer certificate_for(const std::vector<std::string>& names, core::WallTime now) {
  if (names.empty()) return nullptr;
  const tls::Validity validity{now - std::chrono::hours(1), now + std::chrono::hours(1)};
  const auto authority = tls::PrivateAuthority::make({"Test", validity, {}});
  return *tls::Certificate::parse(*(*authority)->issue({names, validity}));
}

void tell_readable(core::Wire& wire) {
  wire.may_have_bytes = true;
  if (wire.events != nullptr && !wire.is_gone) wire.events->on_readable();
}

}  // namespace

std::unique_ptr<core::ByteStream> OriginTown::make_stream() {
  return std::make_unique<core::FakeStream>(wires.emplace_back());
}

core::Flow<std::unique_ptr<core::ByteStream>> OriginTown::connect(core::HostPort to, core::Deadline) {
  reached.push_back(to.host);
  if (!to.greeting.empty()) greetings.push_back(to.greeting);
  if (refusing.contains(to.host)) {
    co_await core::failure(core::ErrorKind::unreachable, core::Side::origin, to.host + " refused",
                           core::Retry::safe);
  }
  if (holds) {
    core::OneShot<> cell;
    waiting_.push_back(&cell);
    struct Leave {
      std::list<core::OneShot<>*>& list;
      core::OneShot<>* cell;
      ~Leave() { list.remove(cell); }
    } const leave{waiting_, &cell};
    co_await cell;
  }
  std::unique_ptr<core::ByteStream> stream = make_stream();
  co_return std::move(stream);
}

void OriginTown::let_in() {
  while (!waiting_.empty()) {
    core::OneShot<>* cell = waiting_.front();
    waiting_.pop_front();
    cell->deliver(core::done());
  }
}

void OriginTown::refuse() {
  while (!waiting_.empty()) {
    core::OneShot<>* cell = waiting_.front();
    waiting_.pop_front();
    cell->deliver(core::failure(core::ErrorKind::unreachable, core::Side::origin, "refused"));
  }
}

gateway::Verdict SlowGuard::verdict() const {
  gateway::Verdict verdict;
  verdict.answer.status = 403;
  if (!refuses) verdict.admitted = grant(identity);
  verdict.cookies = cookies;
  return verdict;
}

std::optional<gateway::Verdict> SlowGuard::admit_now(const gateway::Request& request) {
  client = request.client;
  judged.assign(request.path).append(request.query);
  if (holds) return std::nullopt;
  return verdict();
}

core::Flow<gateway::Verdict> SlowGuard::admit(const gateway::Request&) {
  decided_.emplace();
  co_await *decided_;
  co_return verdict();
}

void SlowGuard::decide() {
  decided_->deliver(core::done());
}

void SlowGuard::fail() {
  decided_->deliver(core::failure(core::ErrorKind::unavailable, core::Side::storage, "no list"));
}

House::House(HouseRules rules)
    : proxy_protocol_(std::move(rules.proxy_protocol)),
      entry_(rules.entry),
      protocol_(std::move(rules.protocol)),
      peer_(rules.peer),
      allowance_(rules.allowance) {
  upstream_ = std::make_unique<gateway::Upstream>(
      gateway::UpstreamParts{loop_, town, allowance_, log_, rules.state, &label_key_},
      settled(rules.upstream));
  gateway::ProxyRoute proxy;
  proxy.upstream = upstream_.get();
  proxy.host = rules.upstream.host;
  proxy.proxy_header = rules.upstream.proxy_header;
  proxy.retries = rules.upstream.balancing.retry.attempts;
  proxy.origin_cookie = rules.origin_cookie;
  if (rules.total > core::Duration::zero()) {
    total_deadline_ = std::make_unique<core::DeadlineList>(loop_, rules.total);
    proxy.total_deadline = total_deadline_.get();
  }
  if (rules.socket_lifetime > core::Duration::zero()) {
    socket_deadline_ = std::make_unique<core::DeadlineList>(loop_, rules.socket_lifetime);
    proxy.socket_deadline = socket_deadline_.get();
  }
  config::Route settings;
  settings.path.path = rules.path;
  settings.path_change = rules.path_change;
  proxy.path = std::move(*gateway::OriginPath::make(settings));
  proxy.answer_paths = gateway::AnswerPaths::make(settled(rules.upstream), proxy.path.get());
  proxy.request_headers = std::move(rules.request_headers);
  proxy.response_headers = std::move(rules.response_headers);
  proxy.is_public = rules.is_public;
  proxy.body_limit = rules.body_limit;
  proxy.encoders = std::move(rules.encoders);
  proxy.response_deadline = &response_deadline_;
  proxy.idle_deadline = &idle_deadline_;
  proxy.waiting_deadline = &waiting_deadline_;
  proxy.cookie_names = &names_;
  const gateway::WorkerServices services{loop_, random_, log_, access_log_};
  site_ =
      std::make_shared<gateway::Site>(services, gateway::PublicPort::fixed(443), gateway::IdentityNames({}));
  site_->clients = std::move(rules.clients);
  site_->health_path = std::move(rules.health_path);
  site_->strict_transport = std::move(rules.strict_transport);
  site_->errors = gateway::make_error_answers(
      std::make_shared<const gateway::Pages>(gateway::PageLook{"Test", {}, {}, {}, {}}));
  site_->handlers.push_back(std::make_unique<gateway::Proxy>(std::move(proxy)));
  site_->guards.push_back(std::make_unique<gateway::OpenGuard>());
  site_->open = site_->guards.back().get();
  certificate_ = certificate_for(rules.certificate, clock.wall());
  route_.name = "app.test/";
  route_.guard = &guard;
  route_.handler = site_->handlers.back().get();
  route_.methods = std::move(rules.methods);
  if (rules.cross_origin) {
    site_->cross_origin_rules.push_back(std::make_unique<gateway::CrossOriginRule>(*rules.cross_origin));
    route_.cross_origin = site_->cross_origin_rules.back().get();
  }
  route_.keeps_encoded_slashes = rules.keeps_encoded_slashes;
  if (rules.rate) {
    site_->rates.push_back(
        std::make_unique<gateway::RateRule>(*rules.rate, gateway::RateAccounts{rates_, {1, 2}}, "app.test/"));
    route_.rate = site_->rates.back().get();
  }
  for (const char* name : {"app.test", "other.test"}) {
    gateway::HostRoutes& host = site_->router.host(name);
    host.has_endpoints = rules.has_endpoints;
    host.add_prefix(rules.path, route_);
  }
}

void House::place(const std::string& path, gateway::Guard& judge, Slashes slashes) {
  gateway::Route& route = places_.emplace_back();
  route.name = "app.test" + path;
  route.guard = &judge;
  route.handler = route_.handler;
  route.keeps_encoded_slashes = slashes == Slashes::kept;
  site_->router.host("app.test").add_prefix(path, route);
}

House::~House() {
  connection_.reset();
  loop_.turn(false);
}

void House::connect() {
  client = core::Wire();
  gateway::Arrived arrived;
  arrived.stream = std::make_unique<core::FakeStream>(client);
  arrived.peer = core::Endpoint{peer_, 50000, {}};
  arrived.entry = certificate_ == nullptr ? entry_ : gateway::Entry::https;
  connection_ = std::make_unique<gateway::Connection>(*this, std::move(arrived));
  connection_->start();
  turn();
}

House::Guest::Guest(House& house) : house_(house) {
  gateway::Arrived arrived;
  arrived.stream = std::make_unique<core::FakeStream>(wire_);
  arrived.peer = core::Endpoint{core::IpAddress::v4({192, 0, 2, 8}), 50001, {}};
  arrived.entry = house_.entry_;
  house_.guests_.push_back(std::make_unique<gateway::Connection>(house_, std::move(arrived)));
  connection_ = house_.guests_.back().get();
  connection_->start();
  house_.turn();
}

House::Guest::~Guest() {
  std::erase_if(house_.guests_, [this](const auto& guest) { return guest.get() == connection_; });
  house_.turn();
}

void House::Guest::sends(std::string_view bytes) {
  wire_.arriving.append(bytes);
  tell_readable(wire_);
  house_.turn();
}

void House::Guest::breaks() {
  wire_.arrival = core::Wire::Arrival::broken;
  tell_readable(wire_);
}

void House::client_sends(std::string_view bytes) {
  client.arriving.append(bytes);
  tell_readable(client);
  turn();
}

void House::client_ends() {
  client.arrival = core::Wire::Arrival::ended;
  tell_readable(client);
}

void House::client_breaks() {
  client.arrival = core::Wire::Arrival::broken;
  tell_readable(client);
}

std::string House::client_got() {
  return std::exchange(client.written, {});
}

void House::origin_sends(std::string_view bytes) {
  town.wires.back().arriving.append(bytes);
  tell_readable(town.wires.back());
  turn();
}

void House::origin_ends() {
  town.wires.back().arrival = core::Wire::Arrival::ended;
  tell_readable(town.wires.back());
  turn();
}

std::string House::origin_got() {
  return std::exchange(town.wires.back().written, {});
}

void House::pass(core::Duration time) {
  clock.advance(time);
  turn();
}

core::Flow<tls::Accepted> House::handshake(gateway::Arrived& arrived) {
  tls::Accepted accepted;
  accepted.stream = std::move(arrived.stream);
  accepted.certificate = certificate_;
  accepted.agreement.protocol = protocol_;
  co_return std::move(accepted);
}

void House::on_connection_end(gateway::Connection& connection) {
  if (connection_.get() == &connection) return loop_.retire(std::move(connection_));
  const auto guest = std::ranges::find(guests_, &connection, &std::unique_ptr<gateway::Connection>::get);
  if (guest == guests_.end()) return;
  loop_.retire(std::move(*guest));
  guests_.erase(guest);
}

std::string get(std::string_view path, std::string_view fields, std::string_view host) {
  std::string text("GET ");
  text.append(path).append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n");
  return text.append(fields).append("\r\n");
}

}  // namespace test_support

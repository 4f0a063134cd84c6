#include "gateway/run/rehearsal.h"

#include <algorithm>
#include <map>

#include "core/text/cookie.h"
#include "gateway/model/handler.h"
#include "gateway/run/run_to_end.h"

namespace gateway {
namespace {

/// One exchange in memory takes a dozen; one that takes more waits for what never comes.
constexpr int kMostTurns = 500;
/// Generous: what is rehearsed are our own requests, and they are long.
constexpr std::size_t kHeaderBytes = 1024UL * 1024;
constexpr std::size_t kHeaderCount = 16UL * 1024;
constexpr std::string_view kOriginAnswer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

config::OriginProtocol in_http1(config::OriginProtocol protocol) {
  switch (protocol) {
    case config::OriginProtocol::h2c:
      return config::OriginProtocol::http;
    case config::OriginProtocol::h2:
      return config::OriginProtocol::https;
    default:
      return protocol;
  }
}

void simplify(config::Upstream& upstream) {
  for (config::OriginUrl& origin : upstream.origins) {
    origin.protocol = in_http1(origin.protocol);
    origin.service.reset();  // its name does
  }
  upstream.tls = {};
  upstream.proxy_header = config::SentProxyHeader::none;
  upstream.balancing = {};
}

}  // namespace

config::Config without_surroundings(config::Config config) {
  config.tls.certificates.clear();
  config.tls.acme.reset();
  config.tracing.reset();
  config.storage = {};
  config.resolver.clear();
  config.login.pages.directory.clear();
  config.login.pages.logo.clear();
  config.login.session.store = config::SessionStoreKind::cookie;
  config.login.session.refresh.reset();
  config.login.session.keys.clear();
  for (config::Route& route : config.routes) {
    if (auto* upstream = std::get_if<config::Upstream>(&route.action)) simplify(*upstream);
  }
  return config;
}

/// In front of each handler: who was let through to it.
class Rehearsal::Witness final : public Handler {
 public:
  Witness(Rehearsal& rehearsal, Handler& handler) : rehearsal_(rehearsal), handler_(handler) {}
  void serve(Exchange& exchange, Admitted admitted) override {
    rehearsal_.playing_->route = exchange.route();
    rehearsal_.playing_->identity = admitted.shared_identity();
    handler_.serve(exchange, std::move(admitted));
  }

 private:
  Rehearsal& rehearsal_;
  Handler& handler_;
};

Rehearsal::Rehearsal()
    : network_(loop_, StandIns{make_resolver_of_nobody(), make_connector_to(loop_, origins_),
                               make_connector_to(loop_, others_)}),
      storage_(core::make_memory_storage(clock_)),
      revocations_(*storage_, clock_, log_) {
  origins_.answer = kOriginAnswer;
  limits_.header_bytes = kHeaderBytes;
  limits_.header_count = kHeaderCount;
}

Rehearsal::~Rehearsal() {
  connection_.reset();
  loop_.discard();
  runtime_.reset();
  loop_.discard();
  generation_.reset();
  loop_.discard();
}

core::Result<std::unique_ptr<Rehearsal>> Rehearsal::make(config::Config config) {
  std::unique_ptr<Rehearsal> rehearsal(new Rehearsal());
  core::Result<void> built = rehearsal->build(std::move(config));
  if (!built) return core::failure(std::move(built.error()));
  return rehearsal;
}

core::Result<void> Rehearsal::build(config::Config config) {
  const ProcessParts process{loop_,     random_, clock_,       log_,      audit_, network_,
                             *storage_, false,   revocations_, redeemed_, spans_};
  std::vector<std::uint16_t> ports{443};
  for (const config::ListenAddress& address : config.listen.https) ports.push_back(address.port);
  auto generation = run_to_end(
      loop_, Generation::make(process, std::make_shared<const config::Config>(std::move(config)), nullptr));
  if (!generation) return core::failure(std::move(generation.error()));
  generation_ = std::move(*generation);
  const WorkerServices services{loop_, random_, log_, access_log_};
  auto runtime = Runtime::make(RuntimeParts{services, network_, desk_, audit_, allowance_, rates_},
                               generation_, std::move(ports));
  if (!runtime) return core::failure(std::move(runtime.error()));
  runtime_ = std::move(*runtime);
  watch_handlers();
  return {};
}

void Rehearsal::watch_handlers() {
  std::map<Handler*, Handler*> watched;
  for (const std::unique_ptr<Route>& route : served().routes) {
    Handler*& witness = watched[route->handler];
    if (witness == nullptr) {
      witnesses_.push_back(std::make_unique<Witness>(*this, *route->handler));
      witness = witnesses_.back().get();
    }
    route->handler = witness;
  }
}

Rehearsed Rehearsal::play(std::string request, const core::IpAddress& from) {
  Rehearsed rehearsed;
  playing_ = &rehearsed;
  StandInClient client;
  client.sending = std::move(request);
  Arrived arrived;
  arrived.stream = make_client_stream(loop_, client);
  arrived.peer = {from, 1, {}};
  arrived.local = {from, 443, {}};
  arrived.entry = Entry::open;
  ConnectionHost& host = *this;
  connection_ = std::make_unique<Connection>(host, std::move(arrived));
  connection_->start();
  for (int turn = 0; turn < kMostTurns && connection_ != nullptr; ++turn) loop_.turn(false);
  connection_.reset();
  loop_.discard();
  playing_ = nullptr;
  rehearsed.answer = std::move(client.received);
  if (const auto line = core::Json::parse(access_lines_.line, core::Side::us))
    rehearsed.reason = line->string_at("reason").value_or(std::string_view());
  rehearsed.sent = std::exchange(origins_.heard, {});
  rehearsed.asked = std::exchange(others_.heard, {});
  return rehearsed;
}

core::Result<std::string> Rehearsal::sign_in(std::string_view host, const Identity& identity) {
  const core::Fields none;
  Request request;
  request.method = "GET";
  request.host = host;
  request.path = "/";
  request.fields = &none;
  request.now = now();
  auto cookies = runtime_->login().sessions().issue(request, identity);
  if (!cookies) return core::failure(std::move(cookies.error()));
  std::string pairs;
  for (const std::string& cookie : *cookies)
    pairs.append(pairs.empty() ? "" : "; ").append(cookie, 0, cookie.find(';'));
  return pairs;
}

core::Flow<tls::Accepted> Rehearsal::handshake(Arrived&) {
  co_return core::failure(core::ErrorKind::unsupported, core::Side::us, "nobody shakes hands here");
}

void Rehearsal::on_connection_end(Connection& connection) {
  if (connection_.get() == &connection) loop_.retire(std::move(connection_));
}

}  // namespace gateway

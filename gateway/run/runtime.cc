#include "gateway/run/runtime.h"

#include <map>
#include <utility>

#include "core/crypto/seal.h"
#include "gateway/model/rate_key.h"
#include "gateway/run/site_builder.h"

namespace gateway {
namespace {

constexpr std::size_t kLabelKeyBytes = 32;

}  // namespace

Runtime::Runtime(Network& network, std::shared_ptr<Generation> generation)
    : generation_(std::move(generation)),
      network_(network),
      label_key_(core::derive_key(keys().keys().front(), core::Purpose::origin, "", kLabelKeyBytes)),
      rate_key_(rate_key(keys()).key),
      certificates_(generation_->issuance().shelf().certificates()),
      challenges_(generation_->issuance().shelf().challenges()),
      client_demands_(generation_->client_demands()) {}

Runtime::~Runtime() = default;

core::Result<std::shared_ptr<Runtime>> Runtime::make(const RuntimeParts& parts,
                                                     std::shared_ptr<Generation> generation,
                                                     std::vector<std::uint16_t> https_ports) {
  std::shared_ptr<Runtime> runtime(new Runtime(parts.network, std::move(generation)));
  core::Result<void> built = runtime->build(parts, std::move(https_ports));
  if (!built) return core::failure(std::move(built.error()));
  return runtime;
}

core::Result<void> Runtime::build(const RuntimeParts& parts, std::vector<std::uint16_t> https_ports) {
  WorkerServices services = parts.services;
  const config::Listen& listen = config().listen;
  if (SpanExporter* exporter = generation_->spans()) {
    tracer_ = std::make_unique<Tracer>(*config().tracing, !listen.trusted_proxies.empty(), services.loop,
                                       services.random, *exporter);
    services.tracer = tracer_.get();
  }
  if (!listen.proxy_protocol.from.empty())
    balancers_.emplace(services.loop, services.log, listen.proxy_protocol, config().limits.http.header_time);
  std::map<const config::Provider*, core::HttpClient*> clients;
  for (const config::Provider& provider : config().login.providers) {
    core::Result<core::HttpClient*> client = network_.http_client(provider);
    if (!client) return core::failure(std::move(client.error()).during("provider " + provider.name));
    clients[&provider] = *client;
  }
  for (const config::Client& machine : config().login.clients) {
    core::Result<core::HttpClient*> client = network_.http_client(machine.issuer);
    if (!client) return core::failure(std::move(client.error()).during("client " + machine.name));
    clients[&machine.issuer] = *client;
  }
  const ProviderClient client_of = [clients](const config::Provider& provider) -> core::HttpClient& {
    return *clients.at(&provider);
  };
  const RateAccounts rates{parts.rates, rate_key_};
  login_ = std::make_unique<LoginSystem>(
      generation_->login(),
      LoginWorker{services.loop, parts.desk, client_of, services.random, services.log, parts.audit, rates});
  core::Result<std::shared_ptr<Site>> site =
      build_site(SiteParts{config(), services, network_, *login_, std::move(https_ports),
                           generation_->upstreams(), parts.allowance, label_key_, rates, parts.workers});
  if (!site) return core::failure(std::move(site.error()));
  site_ = std::move(*site);
  site_->challenges = challenges();
  return {};
}

}  // namespace gateway

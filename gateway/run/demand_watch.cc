#include "gateway/run/demand_watch.h"

#include <memory>
#include <utility>

namespace gateway {

core::Result<std::shared_ptr<const tls::ClientDemands>> load_demands(
    const std::vector<config::CertificateClient>& clients, core::WallTime now) {
  auto demands = std::make_shared<tls::ClientDemands>();
  for (const config::CertificateClient& client : clients) {
    const auto need = client.mode == config::ClientCertificates::required ? tls::CertificateNeed::required
                                                                          : tls::CertificateNeed::optional;
    auto demand = tls::ClientDemand::load({client.name, client.ca_file, client.crl_file, need}, now);
    if (!demand) {
      return core::failure(std::move(demand.error()).during("login.client_certificates." + client.name));
    }
    for (const std::string& host : client.hosts) demands->add(host, *demand);
  }
  return std::shared_ptr<const tls::ClientDemands>(std::move(demands));
}

DemandWatch::DemandWatch(core::Loop& loop, const core::Log& log,
                         const std::vector<config::CertificateClient>& clients)
    : loop_(loop),
      log_(log),
      clients_(clients),
      published_(std::make_shared<const tls::ClientDemands>()),
      timer_(loop, [this] { look(); }) {}

DemandWatch::Stamps DemandWatch::stamps() const {
  Stamps stamps;
  for (const config::CertificateClient& client : clients_) {
    stamps.push_back(config::stamp_of(client.ca_file));
    if (!client.crl_file.empty()) stamps.push_back(config::stamp_of(client.crl_file));
  }
  return stamps;
}

core::Result<void> DemandWatch::load() {
  if (clients_.empty()) return {};
  in_force_ = stamps();
  seen_ = in_force_;
  auto demands = load_demands(clients_, loop_.clock().wall());
  if (!demands) return core::failure(std::move(demands.error()));
  published_.publish(std::move(*demands));
  return {};
}

void DemandWatch::start() {
  if (!clients_.empty()) timer_.arm(kAuthorityFileInterval);
}

void DemandWatch::look() {
  timer_.arm(kAuthorityFileInterval);
  Stamps now = stamps();
  const bool is_settled = now == seen_;
  seen_ = std::move(now);
  if (!is_settled || seen_ == in_force_) return;
  in_force_ = seen_;
  auto demands = load_demands(clients_, loop_.clock().wall());
  if (!demands) {
    log_.error("authorities of client certificates cannot be used, those before stay in force",
               {{"error", demands.error().text}});
    return;
  }
  published_.publish(std::move(*demands));
  told_();
  log_.info("authorities or revocation lists of client certificates have changed", {});
}

}  // namespace gateway

#include "gateway/run/issuance.h"

#include <string>
#include <utility>

#include "tls/acme/dns01.h"
#include "tls/acme/dns_exec.h"
#include "tls/acme/dns_persist01.h"
#include "tls/acme/dns_scaleway.h"
#include "tls/acme/dns_update.h"
#include "tls/acme/http01.h"

namespace gateway {

tls::DnsLookupParts dns_lookup_parts(const IssuanceQuestions& asking) {
  tls::DnsLookupParts lookup{asking.loop,   asking.network.tcp(),   asking.network.resolver(),
                             asking.random, asking.config.resolver, {}};
  const config::Acme& acme = *asking.config.tls.acme;
  if (acme.dns) lookup.servers = acme.dns->servers;
  return lookup;
}

Issuance::Issuance(IssuanceParts parts)
    : parts_(std::move(parts)),
      network_(parts_.network),
      given_(parts_.loop, parts_.log, parts_.config->tls.certificates, shelf_),
      plain_(core::make_http_client(parts_.loop, {&parts_.network.tcp(), nullptr})) {}

core::Result<void> Issuance::load() {
  core::Result<void> loaded = given_.load();
  if (!loaded || !parts_.config->tls.acme) return loaded;
  return make_keeper();
}

core::Storage& Issuance::staple_storage() {
  if (parts_.is_storage_kept) return parts_.storage;
  auto opened = open_storage(parts_.config->storage,
                             {parts_.loop, network_, parts_.random, parts_.loop.clock(), parts_.log});
  if (!opened) {
    parts_.log.warn("OCSP answers are not kept over restarts", {{"why", opened.error().text}});
    return parts_.storage;
  }
  staples_ = std::move(*opened);
  return *staples_.entries;
}

core::Result<void> Issuance::make_keeper() {
  const config::Acme& acme = *parts_.config->tls.acme;
  core::Result<core::HttpClient*> authorities = network_.http_client(acme.trusted_ca);
  if (!authorities) return core::failure(std::move(authorities.error()).during("tls.acme.trusted_ca"));
  core::Result<core::HttpClient*> open = network_.http_client("");
  if (!open) return core::failure(std::move(open.error()));
  holder_.emplace(parts_.config->storage, parts_.random);
  tls::KeeperParts keeper{parts_.loop, parts_.random, parts_.log, parts_.storage,  *parts_.config,
                          shelf_,      **authorities, **open,     holder_->name(), {}};
  lookup_ = std::make_unique<tls::DnsLookup>(lookup_parts());
  keeper.dns = lookup_.get();
  const bool is_asked = acme.challenge == config::AcmeChallengeKind::http_01;
  if (is_asked || !parts_.config->listen.http.empty()) {
    keeper.challenges.push_back(std::make_unique<tls::Http01>());
  }
  if (acme.challenge == config::AcmeChallengeKind::dns_persist_01) {
    keeper.challenges.push_back(std::make_unique<tls::DnsPersist01>(lookup_parts()));
  }
  if (acme.dns) {
    auto writer = make_dns_writer(*acme.dns);
    if (!writer) return core::failure(std::move(writer.error()));
    keeper.challenges.push_back(
        std::make_unique<tls::Dns01>(lookup_parts(), std::move(*writer), acme.dns->propagation));
  }
  keeper_ = std::make_unique<tls::Keeper>(std::move(keeper));
  return {};
}

tls::DnsLookupParts Issuance::lookup_parts() {
  return dns_lookup_parts({parts_.loop, parts_.random, network_, *parts_.config});
}

core::Result<std::unique_ptr<tls::DnsWriter>> Issuance::make_dns_writer(const config::DnsSettings& dns) {
  switch (dns.kind) {
    case config::DnsProviderKind::exec:
      return std::make_unique<tls::DnsExec>(parts_.loop, dns.command);
    case config::DnsProviderKind::rfc2136:
      return std::make_unique<tls::DnsUpdate>(
          lookup_parts(),
          tls::DnsUpdateServer{dns.server, dns.port, {dns.key_name, dns.algorithm, dns.secret.value}});
    case config::DnsProviderKind::scaleway:
      break;
  }
  core::Result<core::HttpClient*> client = network_.http_client("");
  if (!client) return core::failure(std::move(client.error()));
  return std::make_unique<tls::DnsScaleway>(**client, dns.url, dns.secret.value);
}

void Issuance::make_stapler() {
  stapler_ = std::make_unique<tls::Stapler>(
      tls::StaplerParts{parts_.loop, parts_.log, *plain_, staple_storage(), shelf_});
}

core::Flow<> Issuance::load_stored() {
  if (keeper_) co_await keeper_->load();
  std::vector<tls::CertificatePointer> asking = given_.to_staple();
  if (asking.empty()) co_return core::done();
  make_stapler();
  co_await stapler_->load(std::move(asking));
  co_return core::done();
}

void Issuance::start() {
  if (stapler_) stapler_->follow(given_.to_staple());
  given_.follow([this] {
    const std::vector<tls::CertificatePointer> asking = given_.to_staple();
    if (!stapler_ && !asking.empty()) make_stapler();
    if (stapler_) stapler_->follow(asking);
    if (keeper_) keeper_->look_at_names();
  });
  if (keeper_) keeper_->start();
}

void Issuance::wind_down(tls::WindDown how) {
  if (keeper_) keeper_->wind_down(how);
}

void Issuance::go_on() {
  if (keeper_) keeper_->go_on();
}

}  // namespace gateway

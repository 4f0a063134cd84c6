#include "tls/acme/dns01.h"

#include <utility>

#include "core/crypto/digest.h"
#include "core/text/base64.h"
#include "tls/acme/certificate_request.h"

namespace tls {

using core::Flow;
using core::Result;

std::string dns01_value(std::string_view key_authorization) {
  return core::base64url_encode(core::view_of(core::sha256(key_authorization)));
}

Dns01::Dns01(DnsLookupParts lookup, std::unique_ptr<DnsWriter> writer, core::Duration propagation)
    : loop_(lookup.loop),
      asks_given_servers_(!lookup.servers.empty()),
      lookup_(std::move(lookup)),
      writer_(std::move(writer)),
      propagation_(propagation) {}

bool Dns01::can_prove(std::string_view identifier, bool /*is_wildcard*/) const {
  return !is_address(identifier);
}

Flow<DnsPlace> Dns01::place_of(const Proof& proof) {
  DnsPlace place;
  place.name = "_acme-challenge." + proof.identifier;
  // What is found out by others need not be found out here: a name that only they know may be unknown to us.
  if (writer_->finds_zones() && asks_given_servers_) co_return std::move(place);
  DnsPlace found = co_await lookup_.place_of(place.name);
  co_return std::move(found);
}

Flow<> Dns01::present(Proof proof) {
  DnsPlace place = co_await place_of(proof);
  co_await writer_->add(std::move(place), dns01_value(proof.key_authorization));
  co_return core::done();
}

Flow<> Dns01::wait_until_visible(Proof proof) {
  DnsPlace place = co_await place_of(proof);
  const core::Deadline deadline = core::Deadline::after(loop_, propagation_);
  co_await lookup_.await_text(std::move(place), dns01_value(proof.key_authorization), deadline);
  co_return core::done();
}

Flow<> Dns01::withdraw(Proof proof) {
  DnsPlace place = co_await place_of(proof);
  co_await writer_->remove(std::move(place), dns01_value(proof.key_authorization));
  co_return core::done();
}

}  // namespace tls

// dns-01 (RFC 8555 section 8.4): a TXT record below _acme-challenge, written by a DnsWriter, awaited at the
// zone's own servers, taken back afterwards. Records of others stay: a wildcard and its base have one name
// and two values.
#pragma once

#include <memory>
#include <string>

#include "core/loop/flow.h"
#include "tls/acme/challenge.h"
#include "tls/acme/dns_lookup.h"

namespace tls {

/// How TXT records are written. MUST: add() leaves other values of the name; remove() takes back this value
/// and no other, and is no error if it is not there.
class DnsWriter {
 public:
  virtual ~DnsWriter() = default;
  virtual core::Flow<> add(DnsPlace place, std::string value) = 0;
  virtual core::Flow<> remove(DnsPlace place, std::string value) = 0;
  /// Whether it finds the zone by itself (and follows CNAMEs where they matter): then nobody else looks.
  [[nodiscard]] virtual bool finds_zones() const = 0;
};

/// base64url(SHA-256(key authorization)).
std::string dns01_value(std::string_view key_authorization);

class Dns01 final : public Challenge {
 public:
  Dns01(DnsLookupParts lookup, std::unique_ptr<DnsWriter> writer, core::Duration propagation);

  [[nodiscard]] std::string_view type() const override { return "dns-01"; }
  [[nodiscard]] bool can_prove(std::string_view identifier, bool is_wildcard) const override;
  core::Flow<> present(Proof proof) override;
  core::Flow<> wait_until_visible(Proof proof) override;
  core::Flow<> withdraw(Proof proof) override;
  [[nodiscard]] bool outlives_process() const override { return true; }

 private:
  core::Flow<DnsPlace> place_of(const Proof& proof);

  core::Loop& loop_;
  bool asks_given_servers_;
  DnsLookup lookup_;
  std::unique_ptr<DnsWriter> writer_;
  core::Duration propagation_;
};

}  // namespace tls

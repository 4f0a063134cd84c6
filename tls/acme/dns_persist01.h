// dns-persist-01 (draft-ietf-acme-dns-persist): one standing TXT record, written once by the operator, proves
// a name for our account as often as wanted, wildcards included. Nothing is written here; the record is
// looked at before the authority does, and the error says what to create.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "tls/acme/challenge.h"
#include "tls/acme/dns_lookup.h"

namespace tls {

/// What a standing record must say.
struct PersistWanted {
  std::vector<std::string> issuer_domains;  ///< any of them
  std::string account_url;
  bool is_wildcard = false;
};

/// "_validation-persist.example.com"
std::string persist_name(std::string_view identifier);
/// "letsencrypt.org; accounturi=https://…; policy=wildcard"
std::string persist_value(const PersistWanted& wanted);
/// Whether a record's text proves it now.
bool persist_proves(std::string_view text, const PersistWanted& wanted, core::WallTime now);

class DnsPersist01 final : public Challenge {
 public:
  explicit DnsPersist01(DnsLookupParts lookup);

  [[nodiscard]] std::string_view type() const override { return "dns-persist-01"; }
  [[nodiscard]] bool can_prove(std::string_view identifier, bool is_wildcard) const override;
  core::Flow<> present(Proof proof) override;
  core::Flow<> wait_until_visible(Proof proof) override;
  core::Flow<> withdraw(Proof proof) override;

 private:
  const core::Clock& clock_;
  std::vector<core::Endpoint> servers_;
  DnsLookup lookup_;
};

}  // namespace tls

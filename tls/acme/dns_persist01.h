// dns-persist-01 (draft-ietf-acme-dns-persist): one standing TXT record, written once by the operator, proves
// a name for our account as often as wanted, wildcards included. Nothing is written here; the record is
// looked at before the authority does, and the error says what to create.
#pragma once

#include <cstdint>
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
/// "letsencrypt.org; accounturi=https://…; policy=wildcard"; what is not known is ISSUER or ACCOUNT.
std::string persist_value(const PersistWanted& wanted);
/// What a record's text lacks to prove it now, in a few words; empty: nothing.
std::string persist_objection(std::string_view text, const PersistWanted& wanted, core::WallTime now);

enum class PersistState : std::uint8_t { found, missing, differs };
struct PersistVerdict {
  PersistState state = PersistState::missing;
  std::string why;  ///< differs: the records that are there, and what each lacks
};
/// Of all records that stand at the name.
PersistVerdict persist_verdict(const std::vector<std::string>& texts, const PersistWanted& wanted,
                               core::WallTime now);

/// What the name servers of a zone show.
struct PersistSeen {
  std::vector<std::string> texts;
  std::vector<std::string> failures;  ///< a sentence for each server that could not be asked
};
/// Asks every server of the name's zone, aliases followed, or `servers` instead of them. `lookup` must
/// outlive the flow.
core::Flow<PersistSeen> standing_records(DnsLookup* lookup, std::vector<core::Endpoint> servers,
                                         std::string identifier);

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

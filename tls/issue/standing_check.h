// What there is to say of standing records (dns-persist-01) before a start: which ones to create, and whether
// they are there. Judges and words; makes no account, writes no record. Not here: printing (gateway/run).
#pragma once

#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/loop/flow.h"
#include "tls/acme/account.h"
#include "tls/acme/client.h"
#include "tls/acme/dns_persist01.h"

namespace tls {

/// A name with a record of its own: a wildcard and its base have one.
struct StandingName {
  std::string base;
  bool is_wildcard = false;
};
/// Of names that are ordered; addresses are left out, for no record proves them.
std::vector<StandingName> standing_names(const std::vector<std::string>& names);

/// What a record says of an authority.
struct StandingAuthority {
  std::vector<std::string> issuer_domains;  ///< empty: not known
  std::string account_url;                  ///< empty: there is none yet
  std::vector<std::string> unknown;         ///< for each that is not known: why, in a sentence
};
/// From storage and the authority's directory (its caaIdentities), `limit` at most. Never fails.
core::Flow<StandingAuthority> standing_authority(AcmeClient* client, AccountBook* accounts,
                                                 core::Duration limit);

struct StandingNote {
  bool is_proved = false;
  std::string text;
};
/// `seen`: what was looked up; its error is said. All of it is what an operator reads and does.
StandingNote standing_note(const StandingName& name, const StandingAuthority& authority,
                           const core::Result<PersistSeen>& seen, core::WallTime now);

}  // namespace tls

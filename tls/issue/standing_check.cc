#include "tls/issue/standing_check.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "core/loop/wait.h"
#include "tls/acme/certificate_request.h"

namespace tls {
namespace {

using core::Flow;
using core::Result;

std::string seen_text(const Result<PersistSeen>& seen, const PersistVerdict& verdict) {
  if (!seen) return "it cannot be looked up: " + seen.error().text;
  if (verdict.state == PersistState::differs) return "what is there does not prove it: " + verdict.why;
  if (!seen->failures.empty()) return "it cannot be looked up: " + seen->failures.front();
  return "it is not there";
}

}  // namespace

std::vector<StandingName> standing_names(const std::vector<std::string>& names) {
  std::map<std::string, bool> bases;
  for (const std::string& name : names) {
    if (is_address(name)) continue;
    const bool is_wildcard = name.starts_with("*.");
    bases[is_wildcard ? name.substr(2) : name] |= is_wildcard;
  }
  std::vector<StandingName> out;
  out.reserve(bases.size());
  for (const auto& [base, is_wildcard] : bases) out.push_back({base, is_wildcard});
  return out;
}

Flow<StandingAuthority> standing_authority(AcmeClient* client, AccountBook* accounts, core::Duration limit) {
  StandingAuthority out;
  Result<std::string> account = co_await attempt(accounts->known_account(client->server().directory));
  if (account) out.account_url = std::move(*account);
  if (!account) out.unknown.push_back("the account cannot be read: " + account.error().text);
  if (account && out.account_url.empty()) {
    out.unknown.emplace_back(
        "ACCOUNT is known once the gateway has run: its log says it, and so does this check then");
  }
  const core::Deadline deadline = core::Deadline::after(client->loop(), limit);
  Flow<AcmeDirectory> asking = core::within(client->loop(), deadline, client->directory());
  Result<AcmeDirectory> directory = co_await attempt(std::move(asking));
  if (directory) out.issuer_domains = std::move(directory->caa_identities);
  if (!directory)
    out.unknown.push_back("the authority cannot be asked for its name: " + directory.error().text);
  if (directory && out.issuer_domains.empty()) {
    out.unknown.emplace_back("ISSUER is what the authority is called in such records; the log says it");
  }
  co_return std::move(out);
}

StandingNote standing_note(const StandingName& name, const StandingAuthority& authority,
                           const Result<PersistSeen>& seen, core::WallTime now) {
  const PersistWanted wanted{authority.issuer_domains, authority.account_url, name.is_wildcard};
  const std::string shown = name.is_wildcard ? "*." + name.base : name.base;
  const std::string record = fmt::format("{}. TXT \"{}\"", persist_name(name.base), persist_value(wanted));
  StandingNote note;
  if (!authority.unknown.empty()) {
    note.text = fmt::format("{} is proved by the record {}", shown, record);
    for (const std::string& why : authority.unknown) note.text += "; " + why;
    return note;
  }
  const PersistVerdict verdict =
      persist_verdict(seen ? seen->texts : std::vector<std::string>(), wanted, now);
  note.is_proved = verdict.state == PersistState::found;
  if (note.is_proved) {
    note.text = fmt::format("{} is proved: the record {} is there", shown, record);
  } else {
    note.text =
        fmt::format("{} is not proved: create the record {}; {}", shown, record, seen_text(seen, verdict));
  }
  return note;
}

}  // namespace tls

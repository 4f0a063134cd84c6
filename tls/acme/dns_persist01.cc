#include "tls/acme/dns_persist01.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/http/fields.h"
#include "tls/acme/certificate_request.h"

namespace tls {
namespace {

using core::Flow;
using core::Result;

constexpr std::size_t kMaxToldTexts = 5;
constexpr std::size_t kMaxShownText = 200;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_over(std::string_view seconds, core::WallTime now) {
  std::int64_t until = 0;
  const auto [end, error] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), until);
  return error != std::errc() || end != seconds.data() + seconds.size() || until < core::unix_seconds(now);
}

}  // namespace

std::string persist_name(std::string_view identifier) {
  return "_validation-persist." + std::string(identifier);
}

std::string persist_value(const PersistWanted& wanted) {
  const std::string issuer = wanted.issuer_domains.empty() ? "ISSUER" : wanted.issuer_domains.front();
  const std::string account = wanted.account_url.empty() ? "ACCOUNT" : wanted.account_url;
  return fmt::format("{}; accounturi={}{}", issuer, account, wanted.is_wildcard ? "; policy=wildcard" : "");
}

std::string persist_objection(std::string_view text, const PersistWanted& wanted, core::WallTime now) {
  const std::string_view issuer = trimmed(text.substr(0, text.find(';')));
  const bool is_issuer = std::ranges::any_of(wanted.issuer_domains, [&](const std::string& domain) {
    return core::equals_ignoring_case(domain, issuer);
  });
  if (!is_issuer) return "names another authority";
  bool has_account = false;
  bool has_wildcard = false;
  while (text.contains(';')) {
    text.remove_prefix(text.find(';') + 1);
    const std::string_view part = trimmed(text.substr(0, text.find(';')));
    const std::string_view name = trimmed(part.substr(0, part.find('=')));
    const std::string_view value = part.contains('=') ? trimmed(part.substr(part.find('=') + 1)) : "";
    if (core::equals_ignoring_case(name, "accounturi")) has_account = value == wanted.account_url;
    if (core::equals_ignoring_case(name, "policy"))
      has_wildcard = core::equals_ignoring_case(value, "wildcard");
    if (core::equals_ignoring_case(name, "persistUntil") && is_over(value, now)) {
      return "its persistUntil is over, or no time";
    }
  }
  if (!has_account) return "does not name our account";
  return has_wildcard || !wanted.is_wildcard ? "" : "lacks policy=wildcard";
}

PersistVerdict persist_verdict(const std::vector<std::string>& texts, const PersistWanted& wanted,
                               core::WallTime now) {
  PersistVerdict verdict;
  std::size_t told = 0;
  for (const std::string& text : texts) {
    const std::string objection = persist_objection(text, wanted, now);
    if (objection.empty()) return {PersistState::found, {}};
    verdict.state = PersistState::differs;
    const std::string sentence = fmt::format("\"{}\" {}", text.substr(0, kMaxShownText), objection);
    if (told == kMaxToldTexts || verdict.why.contains(sentence)) continue;
    ++told;
    verdict.why += (verdict.why.empty() ? "" : "; ") + sentence;
  }
  return verdict;
}

Flow<PersistSeen> standing_records(DnsLookup* lookup, std::vector<core::Endpoint> servers,
                                   std::string identifier) {
  std::string asked = persist_name(identifier);
  if (servers.empty()) {
    DnsPlace place = co_await lookup->place_of(asked);
    servers = co_await lookup->servers_of(place.zone);
    asked = place.name;
  }
  PersistSeen seen;
  for (const core::Endpoint& server : servers) {
    Result<std::vector<std::string>> found = co_await attempt(lookup->texts_at(server, asked));
    if (found) {
      seen.texts.insert(seen.texts.end(), found->begin(), found->end());
    } else {
      seen.failures.push_back(found.error().text);
    }
  }
  co_return std::move(seen);
}

DnsPersist01::DnsPersist01(DnsLookupParts lookup)
    : clock_(lookup.loop.clock()), servers_(lookup.servers), lookup_(std::move(lookup)) {}

bool DnsPersist01::can_prove(std::string_view identifier, bool /*is_wildcard*/) const {
  return !is_address(identifier);
}

Flow<> DnsPersist01::present(Proof /*proof*/) {
  co_return core::done();
}

Flow<> DnsPersist01::wait_until_visible(Proof proof) {
  PersistWanted wanted;
  wanted.issuer_domains = proof.issuer_domains;
  wanted.account_url = proof.account_url;
  wanted.is_wildcard = proof.is_wildcard;
  PersistSeen seen = co_await standing_records(&lookup_, servers_, proof.identifier);
  const PersistVerdict verdict = persist_verdict(seen.texts, wanted, clock_.wall());
  if (verdict.state == PersistState::found) co_return core::done();
  std::string text = fmt::format("{} is not proved: create the record {}. TXT \"{}\"", proof.identifier,
                                 persist_name(proof.identifier), persist_value(wanted));
  if (!verdict.why.empty()) text += "; there is " + verdict.why;
  if (!seen.failures.empty()) text += "; " + seen.failures.front();
  co_return core::failure(core::ErrorKind::refused, core::Side::configuration, std::move(text),
                          core::Retry::later);
}

Flow<> DnsPersist01::withdraw(Proof /*proof*/) {
  co_return core::done();
}

}  // namespace tls

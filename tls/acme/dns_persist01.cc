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
  return fmt::format("{}; accounturi={}{}", issuer, wanted.account_url,
                     wanted.is_wildcard ? "; policy=wildcard" : "");
}

bool persist_proves(std::string_view text, const PersistWanted& wanted, core::WallTime now) {
  const std::string_view issuer = trimmed(text.substr(0, text.find(';')));
  const bool is_issuer = std::ranges::any_of(wanted.issuer_domains, [&](const std::string& domain) {
    return core::equals_ignoring_case(domain, issuer);
  });
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
    if (core::equals_ignoring_case(name, "persistUntil") && is_over(value, now)) return false;
  }
  return is_issuer && has_account && (has_wildcard || !wanted.is_wildcard);
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
  const std::string name = persist_name(proof.identifier);
  std::string asked = name;
  std::vector<core::Endpoint> servers = servers_;
  if (servers.empty()) {
    DnsPlace place = co_await lookup_.place_of(name);
    servers = co_await lookup_.servers_of(place.zone);
    asked = place.name;
  }
  std::vector<std::string> texts;
  for (const core::Endpoint& server : servers) {
    Result<std::vector<std::string>> found = co_await attempt(lookup_.texts_at(server, asked));
    if (found) texts.insert(texts.end(), found->begin(), found->end());
  }
  for (const std::string& text : texts) {
    if (persist_proves(text, wanted, clock_.wall())) co_return core::done();
  }
  co_return core::failure(core::ErrorKind::refused, core::Side::configuration,
                          fmt::format("{} is not proved: create the record {}. TXT \"{}\"", proof.identifier,
                                      name, persist_value(wanted)),
                          core::Retry::later);
}

Flow<> DnsPersist01::withdraw(Proof /*proof*/) {
  co_return core::done();
}

}  // namespace tls

#include "gateway/run/certificate_list.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "tls/issue/due.h"
#include "tls/issue/names.h"
#include "tls/x509_names.h"

namespace gateway {
namespace {

using core::Flow;
using core::Result;

/// By id.
using Ordered = std::map<std::string, tls::NameSet>;

Result<Ordered> ordered_by(const config::Config& config, const std::set<std::string>& apart) {
  Ordered sets;
  if (!config.tls.acme) return sets;
  std::vector<tls::CertificatePointer> given;
  for (const config::CertificateFiles& files : config.tls.certificates) {
    auto loaded = tls::Certificate::load(files.certificate, files.key);
    if (!loaded) return core::failure(std::move(loaded.error()));
    given.push_back(std::move(*loaded));
  }
  const std::vector<std::string> names = tls::names_to_order(config, given);
  const auto together = tls::sets_of(names, config.tls.acme->names_per_certificate);
  for (tls::NameSet& set : tls::with_apart(together, apart)) {
    std::string id = tls::set_id(set);
    sets.emplace(std::move(id), std::move(set));
  }
  return sets;
}

Flow<> read(tls::CertificateStore* store, StoredSet* set) {
  set->stored = co_await store->certificate(set->id);
  set->attempts = co_await store->attempts(set->id);
  set->advice = co_await store->advice(set->id);
  if (set->stored) set->names = set->stored->names;
  co_return core::done();
}

std::string renewal_of(const StoredSet& set, const tls::Certificate& certificate) {
  if (!set.is_ordered) return "none: not ordered any more";
  if (set.is_revoked) return "now: it was revoked";
  const std::string at = tls::date_text(tls::due_time(certificate, set.advice));
  return tls::is_advised(certificate, set.advice) ? at + ", as the authority advises" : at;
}

std::string end_of(const tls::Certificate& certificate, core::WallTime now) {
  return tls::date_text(certificate.not_after()) + (certificate.not_after() <= now ? " (expired)" : "");
}

std::string names_of(const tls::Certificate& certificate) {
  std::vector<std::string> names = certificate.dns_names();
  for (const core::IpAddress& address : certificate.addresses()) names.push_back(address.text());
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Flow<std::vector<StoredSet>> stored_sets(tls::CertificateStore* store, const config::Config* config,
                                         std::vector<std::string>* failures) {
  const std::set<std::string> apart = co_await store->apart();
  const std::set<std::string> revoked = co_await store->revoked();
  Result<Ordered> wanted = ordered_by(*config, apart);
  if (!wanted) failures->push_back(wanted.error().text + "; what is not ordered any more cannot be told");
  const bool can_tell = wanted.has_value();
  Ordered ordered = std::move(wanted).value_or(Ordered());
  const std::vector<std::string> ids = co_await store->sets();
  for (const std::string& id : ids) ordered.try_emplace(id);
  std::vector<StoredSet> all;
  for (auto& [id, names] : ordered) {
    StoredSet set;
    set.id = id;
    set.is_ordered = !can_tell || !names.empty();
    set.names = std::move(names);
    const Result<core::Done> was_read = co_await attempt(read(store, &set));
    if (!was_read && !tls::is_of_the_entry(was_read.error())) co_return core::failure(was_read.error());
    if (!was_read) failures->push_back(fmt::format("{}: {}", set.id, was_read.error().text));
    if (!was_read || set.names.empty()) continue;
    set.is_revoked = set.stored && revoked.contains(tls::digest_of(*set.stored->certificate));
    all.push_back(std::move(set));
  }
  co_return std::move(all);
}

std::string told(const StoredSet& set, core::WallTime now) {
  std::string text = fmt::format("{}\n", fmt::join(set.names, ", "));
  if (set.stored) {
    const tls::Certificate& certificate = *set.stored->certificate;
    text += fmt::format("  expires  {}\n  renewal  {}\n  from     {}\n", end_of(certificate, now),
                        renewal_of(set, certificate), set.stored->directory);
  } else {
    text += "  expires  there is no certificate yet\n";
  }
  if (set.attempts && set.attempts->failures > 0) {
    text += fmt::format("  failed   {} times, next attempt {}: {}\n", set.attempts->failures,
                        tls::date_text(set.attempts->next), set.attempts->why);
  }
  return text;
}

std::string told(const config::CertificateFiles& files, core::WallTime now) {
  const auto loaded = tls::Certificate::load(files.certificate, files.key);
  if (!loaded) return fmt::format("{}\n  failed   {}\n", files.certificate, loaded.error().text);
  return fmt::format("{}\n  expires  {}\n  renewal  by whoever writes its files\n  from     {}\n",
                     names_of(**loaded), end_of(**loaded, now), files.certificate);
}

}  // namespace gateway

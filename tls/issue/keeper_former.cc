// Sets of names that nobody orders any more: served for as long as others are without a certificate, revoked
// on an operator's word, and forgotten in the end.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "tls/issue/held_lock.h"
#include "tls/issue/keeper.h"
#include "tls/issue/keeper_sets.h"

namespace tls {

using core::ErrorKind;
using core::failure;
using core::Flow;
using core::Result;
using core::Side;

void Keeper::keep_former(std::vector<std::string>& ids) const {
  std::unordered_set<std::string_view> wanted;
  for (const auto& set : sets_) {
    if (set->is_wanted) wanted.insert(set->id);
  }
  std::erase_if(ids, [&](const std::string& id) { return wanted.contains(id); });
}

/// Of a set that nobody orders; nothing also for what cannot be read, which is of no use here.
Flow<std::optional<StoredCertificate>> Keeper::readable(std::string id) {
  Result<std::optional<StoredCertificate>> stored = co_await attempt(store_.certificate(id));
  if (stored) co_return std::move(*stored);
  if (is_of_the_entry(stored.error())) co_return std::optional<StoredCertificate>();
  co_return failure(std::move(stored.error()));
}

/// Names that changed their set are served from certificates of former sets until they have their own.
Flow<> Keeper::load_others() {
  std::vector<std::string> missing;
  for (const auto& set : sets_) {
    if (set->certificate == nullptr) missing.insert(missing.end(), set->names.begin(), set->names.end());
  }
  if (missing.empty()) co_return core::done();
  std::vector<std::string> ids = co_await store_.sets();
  keep_former(ids);
  std::vector<CertificatePointer> former;
  std::unordered_map<const Certificate*, std::string> id_of;
  for (const std::string& id : ids) {
    std::optional<StoredCertificate> stored = co_await readable(id);
    if (!stored || stored->certificate->not_after() <= now()) continue;
    if (revoked_.contains(digest_of(*stored->certificate))) continue;
    id_of.emplace(stored->certificate.get(), id);
    former.push_back(std::move(stored->certificate));
  }
  const CertificateTable table(former);
  for (const std::string& name : missing) {
    if (CertificatePointer found = find_for(table, name)) parts_.shelf.set_former(id_of[found.get()], found);
  }
  co_return core::done();
}

Flow<std::string> Keeper::revoke_former(std::string name, RevocationWish wish) {
  std::vector<std::string> ids = co_await store_.sets();
  keep_former(ids);
  std::string told;
  for (const std::string& id : ids) {
    std::optional<StoredCertificate> stored = co_await readable(id);
    if (!stored || std::ranges::find(stored->names, name) == stored->names.end()) continue;
    if (stored->certificate->not_after() <= now()) continue;
    Watched set;
    set.names = stored->names;
    set.id = id;
    set.is_former = true;
    std::string end = co_await revoke_locked(&set, wish);
    if (wish.then == AfterRevocation::order_anew) parts_.shelf.set_former(id, nullptr);
    told += told.empty() ? end : "; " + end;
  }
  if (!told.empty()) co_return told;
  co_return failure(ErrorKind::not_found, Side::configuration,
                    name + ": no certificate with this name is ordered here, nor in storage from before");
}

/// Whether nothing of a set can be of use to anybody: replicas of another configuration may order it, and
/// those renew long before this.
Flow<bool> Keeper::is_forgotten(std::string id) {
  const std::optional<StoredCertificate> stored = co_await store_.certificate(id);
  if (stored && stored->certificate->not_after() + kFormerGrace > now()) co_return false;
  const std::optional<Attempts> attempts = co_await store_.attempts(id);
  co_return !attempts || attempts->next + kFormerGrace <= now();
}

Flow<> Keeper::sweep() {
  std::vector<std::string> ids = co_await store_.all_sets();
  keep_former(ids);
  for (const std::string& id : ids) {
    Result<bool> is_old = co_await attempt(is_forgotten(id));
    if (!is_old && !is_of_the_entry(is_old.error())) co_return failure(std::move(is_old.error()));
    if (!is_old || !*is_old) continue;
    HeldLock lock(parts_.loop, parts_.storage, "acme." + id, parts_.holder);
    Result<core::Done> taken = co_await attempt(lock.take());
    if (!taken && taken.error().kind == ErrorKind::conflict) continue;
    if (!taken) co_return failure(std::move(taken.error()));
    // Somebody may have ordered it since.
    const Result<bool> is_still_old = co_await attempt(is_forgotten(id));
    Result<core::Done> gone = core::done();
    if (is_still_old && *is_still_old) gone = co_await attempt(store_.forget(id));
    co_await attempt(lock.release());
    if (!gone) co_return failure(std::move(gone.error()));
    parts_.log.info("what was stored of a former certificate is removed", {{"set", id}});
  }
  co_return core::done();
}

}  // namespace tls

// What an operator asks of the keeper: another certificate now, or the end of one.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/loop/wait.h"
#include "tls/acme/certificate_request.h"
#include "tls/issue/held_lock.h"
#include "tls/issue/keeper.h"
#include "tls/issue/keeper_sets.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::failure;
using core::Flow;
using core::Result;
using core::Side;

std::string names_text(const NameSet& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::vector<std::string> Keeper::first_names() const {
  std::vector<std::string> names;
  for (const auto& set : sets_) {
    if (set->is_wanted) names.push_back(set->names.front());
  }
  return names;
}

Result<Keeper::Watched*> Keeper::set_of(const std::string& name) {
  const auto found = std::ranges::find_if(sets_, [&](const auto& set) {
    return set->is_wanted && std::ranges::find(set->names, name) != set->names.end();
  });
  if (found != sets_.end()) return found->get();
  return failure(ErrorKind::not_found, Side::configuration,
                 name +
                     ": no certificate with this name is ordered here; hosts of routes and login.host are, "
                     "if tls.certificates does not cover them");
}

Result<AnswerPointer> Keeper::renew(const std::string& name) {
  Result<Watched*> found = set_of(name);
  if (!found) return failure(std::move(found.error()));
  if (begins_nothing_) {
    return failure(ErrorKind::unavailable, Side::us,
                   name + ": this process is about to end; ask its successor");
  }
  Watched& set = **found;
  if (set.asking.empty()) {
    set.asked_about = set.certificate == nullptr ? std::string() : set.certificate->fingerprint();
    set.not_before = core::SteadyTime{};
  }
  set.asking.push_back(std::make_shared<Answer>());
  AnswerPointer answer = set.asking.back();
  if (is_tending_) start_due();
  return answer;
}

/// Tells everybody who waits. Who asked may be gone.
void Keeper::settle(Watched& set, const Result<std::string>& end) {
  for (const AnswerPointer& answer : std::exchange(set.asking, {})) answer->deliver(end);
}

Result<AnswerPointer> Keeper::revoke(const std::string& name, RevocationWish wish) {
  AnswerPointer answer = std::make_shared<Answer>();
  Result<Watched*> found = set_of(name);
  // What serves a name without a certificate of its own is a former one.
  if (!found || (*found)->certificate == nullptr) {
    tasks_.start("revoking " + name, work_on_former(name, wish, answer));
    return answer;
  }
  Watched* set = *found;
  if (set->is_busy) {
    return failure(ErrorKind::conflict, Side::us,
                   name + ": an order for it is under way; try again when it has ended");
  }
  set->is_busy = true;
  tasks_.start("revoking " + name, work_on_revocation(set, wish, answer));
  return answer;
}

Flow<> Keeper::work_on_revocation(Watched* set, RevocationWish wish, AnswerPointer answer) {
  Result<std::string> revoked = co_await attempt(revoke_locked(set, wish));
  answer->deliver(std::move(revoked));
  co_return core::done();
}

Flow<> Keeper::work_on_former(std::string name, RevocationWish wish, AnswerPointer answer) {
  Result<std::string> revoked = co_await attempt(revoke_former(name, wish));
  answer->deliver(std::move(revoked));
  co_return core::done();
}

Flow<std::string> Keeper::revoke_locked(Watched* set, RevocationWish wish) {
  const Busy busy(set->is_busy, nullptr);
  HeldLock lock(parts_.loop, parts_.storage, "acme." + set->id, parts_.holder);
  Result<core::Done> taken = co_await attempt(lock.take());
  if (!taken && taken.error().kind == ErrorKind::conflict) {
    co_return failure(ErrorKind::conflict, Side::us,
                      "another replica is at work on this certificate; try again when it has ended");
  }
  if (!taken) co_return failure(std::move(taken.error()));
  Result<core::Done> revoked = co_await attempt(revoke_stored(set, wish));
  co_await attempt(lock.release());
  if (!revoked) co_return failure(std::move(revoked.error()));
  const std::string names = names_text(set->names);
  parts_.log.warn("certificate revoked", {{"names", names}, {"reason", name_of(wish.reason)}});
  co_return "revoked: " + names + ", " + std::string(name_of(wish.reason));
}

bool Keeper::is_revoked(const Watched& set) const {
  return set.certificate != nullptr && !revoked_.empty() && revoked_.contains(digest_of(*set.certificate));
}

/// With the lock.
Flow<> Keeper::revoke_stored(Watched* set, RevocationWish wish) {
  std::optional<StoredCertificate> stored = co_await store_.certificate(set->id);
  if (!stored) co_return failure(ErrorKind::not_found, Side::storage, "there is no certificate in storage");
  show(*set, *stored);
  Authority* authority = authority_of(stored->directory);
  if (authority == nullptr) {
    co_return failure(ErrorKind::not_found, Side::configuration,
                      "it comes from " + stored->directory + ", which is not in tls.acme.directory any more");
  }
  std::string der = co_await leaf_of(stored->chain);
  const CertificatePointer certificate = set->certificate;
  const bool is_marked = wish.then == AfterRevocation::order_anew && !is_revoked(*set);
  if (is_marked) {
    // Before the authority hears of it: whoever crashes, the next process orders anew.
    co_await store_.mark_revoked(certificate);
    revoked_.insert(digest_of(*certificate));
  }
  Revocation revocation{std::move(der), wish.reason};
  Flow<> revoking = revoke_certificate(&authority->client, &accounts_, std::move(revocation));
  Result<core::Done> revoked = co_await attempt(std::move(revoking));
  // An answer that was lost may have been a yes; a no leaves the certificate good.
  if (!revoked && is_marked && revoked.error().kind == ErrorKind::refused) {
    co_await store_.unmark_revoked(certificate);
    revoked_.erase(digest_of(*certificate));
  }
  co_return revoked;
}

Result<AnswerPointer> Keeper::change_account_key() {
  if (begins_nothing_ || !is_tending_) {
    return failure(ErrorKind::unavailable, Side::us,
                   "this process begins, or is about to end; try again later");
  }
  if (is_changing_key_ || orders_ > 0) {
    return failure(
        ErrorKind::conflict, Side::us,
        "orders are under way, and prove their names with the key of now; try again when they have "
        "ended");
  }
  is_changing_key_ = true;
  AnswerPointer answer = std::make_shared<Answer>();
  tasks_.start("changing the account's key", work_on_key(answer));
  return answer;
}

Flow<> Keeper::work_on_key(AnswerPointer answer) {
  const Busy busy(is_changing_key_, nullptr);
  Result<std::string> changed = co_await attempt(change_key_locked());
  answer->deliver(std::move(changed));
  co_return core::done();
}

Flow<std::string> Keeper::change_key_locked() {
  HeldLock lock(parts_.loop, parts_.storage, std::string(kKeyLock), parts_.holder);
  co_await lock.take();
  Authority* authority = authorities_.front().get();
  Result<core::Done> changed = co_await attempt(accounts_.roll_key_over(&authority->client));
  co_await attempt(lock.release());
  if (!changed) co_return failure(std::move(changed.error()));
  parts_.log.warn("the account's key was changed", {{"authority", authority->directory}});
  // Until every replica answers with it.
  const bool is_shared = parts_.config.storage.kind != config::StorageKind::directory;
  if (is_shared) co_await core::sleep_for(parts_.loop, kKeySpread);
  co_return "the account's key was changed at " + authority->directory;
}

}  // namespace tls

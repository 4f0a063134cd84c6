// Names that leave the keeper's sets: those that an authority refuses are ordered apart, so that the others
// of their certificate do not wait for them; those that left the configuration have their proofs given back.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tls/acme/give_back.h"
#include "tls/acme/presented.h"
#include "tls/issue/held_lock.h"
#include "tls/issue/keeper.h"
#include "tls/issue/keeper_sets.h"

namespace tls {
namespace {

using core::Flow;
using core::Result;

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::vector<NameSet> Keeper::wanted_sets(const std::vector<std::string>& names) const {
  return with_apart(sets_of(names, acme_.names_per_certificate), apart_);
}

/// After a failed order of `set`, which is noted. A name that leaves goes on with a back-off of its own,
/// which is stored before anybody orders anew.
Flow<> Keeper::part(Watched* set, std::vector<NameRefusal> refusals) {
  NameSet names = leaving(set->names, refusals, set->attempts->failures);
  for (const NameRefusal& refusal : refusals) {
    if (std::ranges::find(names, refusal.name) == names.end()) continue;
    const std::string id = set_id({refusal.name});
    std::optional<Attempts> before = co_await store_.attempts(id);
    Attempts attempts = before.value_or(Attempts());
    attempts.failures += 1;
    attempts.begun = 0;
    attempts.why = sentence(refusal.problem);
    attempts.next = now() + back_off(attempts.failures, parts_.random.number());
    co_await store_.save(id, attempts);
  }
  co_await set_apart(set, std::move(names));
  co_return core::done();
}

Flow<> Keeper::set_apart(Watched* set, NameSet names) {
  if (names.empty()) co_return core::done();
  parts_.log.warn(
      "names are ordered apart from now on, so that the others of their certificate need not wait",
      {{"apart", joined(names)}, {"names", joined(set->names)}});
  co_await store_.set_apart(names);
  apart_.insert(names.begin(), names.end());
  look_at_names();
  co_return core::done();
}

/// A name that has its certificate takes its place among the others again.
Flow<> Keeper::rejoin(std::string name) {
  if (!apart_.contains(name)) co_return core::done();
  co_await store_.rejoin(name);
  apart_.erase(name);
  parts_.log.info("a name that was refused has its certificate; it is ordered with the others again",
                  {{"name", name}});
  look_at_names();
  co_return core::done();
}

Flow<> Keeper::load_apart() {
  const auto has_several = [](const auto& set) { return set->names.size() > 1; };
  if (std::ranges::none_of(sets_, has_several)) co_return core::done();
  std::set<std::string> apart = co_await store_.apart();
  if (apart == apart_) co_return core::done();
  apart_ = std::move(apart);
  look_at_names();
  co_return core::done();
}

/// Once a start: what was ordered under another configuration. Nothing depends on it, so what fails is left
/// for the next start.
Flow<> Keeper::give_back_what_left() {
  Result<std::vector<KnownOrder>> orders = co_await attempt(store_.orders());
  if (!orders) co_return core::done();
  std::set<std::string> kept;
  for (const auto& set : sets_) {
    if (set->is_wanted) kept.insert(set->names.begin(), set->names.end());
  }
  for (const KnownOrder& order : *orders) {
    const auto is_it = [&](const auto& set) { return set->is_wanted && set->id == order.set; };
    if (std::ranges::any_of(sets_, is_it)) continue;
    HeldLock lock(parts_.loop, parts_.storage, "acme." + order.set, parts_.holder);
    Result<core::Done> taken = co_await attempt(lock.take());
    if (!taken) continue;  // a replica with another configuration is at it
    Result<core::Done> given = co_await attempt(give_back_one(order, kept));
    co_await attempt(lock.release());
    if (given) continue;
    parts_.log.warn("what proved names that are not ordered any more could not be given back",
                    {{"order", order.key}, {"why", given.error().text}});
  }
  co_return core::done();
}

/// Of an order that a process died over: nobody goes on with it.
Flow<> Keeper::take_back_of(KnownOrder order) {
  const std::unique_ptr<OrderJournal> journal = store_.journal(order.set, order.authority);
  std::optional<OrderRecord> record = co_await journal->load();
  if (!record || record->presented.empty()) co_return core::done();
  co_await tls::take_back(&record->presented, &ways_, &parts_.log);
  co_await journal->save(std::move(*record));
  co_return core::done();
}

Flow<> Keeper::give_back_one(KnownOrder order, std::set<std::string> kept) {
  if (order.is_under_way) co_await take_back_of(order);
  const auto authority =
      std::ranges::find(authorities_, order.authority, [](const auto& one) { return one->id; });
  if (authority == authorities_.end()) co_return core::done();
  GivingBack what;
  what.order = co_await store_.url_of(order);
  what.kept = std::move(kept);
  AcmeClient* client = &(*authority)->client;
  std::vector<std::string> names = co_await give_back(client, &accounts_, std::move(what));
  co_await store_.forget_order(std::move(order));
  if (names.empty()) co_return core::done();
  parts_.log.info("proofs of names that are not ordered any more were given back",
                  {{"names", joined(names)}, {"authority", (*authority)->directory}});
  co_return core::done();
}

}  // namespace tls

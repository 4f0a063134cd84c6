// One order of the keeper: the lock, a second look, the attempt by its plan, what is kept of its end.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/loop/wait.h"
#include "tls/acme/order.h"
#include "tls/issue/held_lock.h"
#include "tls/issue/keeper.h"
#include "tls/issue/keeper_sets.h"
#include "tls/x509_names.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::Flow;
using core::Result;

/// While another replica works on a set.
constexpr core::Duration kLookAgain = std::chrono::seconds(10);
constexpr core::Duration kSavePause = std::chrono::seconds(30);

std::string names_text(const NameSet& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

Result<std::string> ends_soon() {
  return core::failure(ErrorKind::unavailable, core::Side::us,
                       "this process is about to end; its successor orders", core::Retry::later);
}

std::string seconds_text(core::Duration duration) {
  return fmt::format("{} s", duration.count() / 1000);
}

}  // namespace

std::string Keeper::validity_of(const Watched& set) {
  return fmt::format("{} until {}", names_text(set.names), date_text(set.certificate->not_after()));
}

Flow<> Keeper::work(Watched* set) {
  const Busy busy(set->is_busy, &orders_);
  HeldLock lock(parts_.loop, parts_.storage, "acme." + set->id, parts_.holder);
  Result<core::Done> taken = co_await attempt(lock.take());
  if (!taken) {
    set->not_before = parts_.loop.now() + kLookAgain;
    if (taken.error().kind == ErrorKind::conflict) co_return core::done();
    set->not_before = parts_.loop.now() + kStorageBackOff;
    parts_.log.error("a certificate cannot be ordered: storage fails",
                     {{"names", names_text(set->names)}, {"why", taken.error().text}});
    settle(*set, core::failure(std::move(taken.error())));
    co_return core::done();
  }
  Result<core::Done> worked = co_await attempt(work_locked(set, lock));
  co_await attempt(lock.release());
  if (!worked) {
    set->not_before = parts_.loop.now() + kFirstBackOff;
    parts_.log.error("a certificate cannot be ordered: storage fails",
                     {{"names", names_text(set->names)}, {"why", worked.error().text}});
    settle(*set, core::failure(std::move(worked.error())));
  }
  // Who is still waiting here was not told by the order's own end.
  settle(*set, core::failure(ErrorKind::refused, core::Side::us, "it was not ordered; the log says why"));
  co_return core::done();
}

/// With the lock: whoever had it before may have done the work.
Flow<> Keeper::work_locked(Watched* set, const HeldLock& lock) {
  co_await load_set(set);
  set->is_unsettled = false;  // nobody is at it
  const core::WallTime at = now();
  const bool is_another = set->certificate != nullptr && set->certificate->fingerprint() != set->asked_about;
  if (is_another) settle(*set, "another replica has renewed it: " + validity_of(*set));
  if (!set->asking.empty()) {
    co_await order(set, lock);
    co_return core::done();
  }
  const bool was_done = at < due_time(*set);
  const bool must_wait = set->attempts && at < set->attempts->next && !set->is_resumable &&
                         set->attempts->next <= at + kLongestRetryAfter + kLongestBackOff;
  if (was_done || must_wait) co_return core::done();
  co_await order(set, lock);
  co_return core::done();
}

Keeper::Plan Keeper::plan_for(const Watched& set) {
  Plan plan;
  for (Challenge* way : ways_) {
    const bool can = std::ranges::all_of(set.names, [&](const std::string& name) {
      const bool is_wildcard = name.starts_with("*.");
      return way->can_prove(is_wildcard ? name.substr(2) : name, is_wildcard);
    });
    if (can) plan.ways.push_back(way);
  }
  if (!plan.ways.empty()) plan.preferred = plan.ways.front();
  const std::size_t failures = set.attempts ? set.attempts->failures : 0;
  const std::size_t count = std::max<std::size_t>(plan.ways.size(), 1);
  plan.authority = authorities_[failures / count % authorities_.size()].get();
  if (!plan.ways.empty()) {
    std::ranges::rotate(plan.ways, plan.ways.begin() + static_cast<std::ptrdiff_t>(failures % count));
  }
  return plan;
}

/// False: it was said why not, and when it is looked at again.
Flow<bool> Keeper::may_order(Watched* set, const Plan* plan, const HeldLock* lock) {
  if (plan->ways.empty()) {
    co_await note_failure(set, "no challenge can prove these names here; see tls.acme.challenge",
                          std::nullopt);
    co_return false;
  }
  const std::vector<NameRefusal> refused = co_await test_names(set, plan);
  if (!refused.empty()) {
    settle(*set,
           core::failure(ErrorKind::refused, core::Side::configuration, refused.front().problem.detail));
    set->not_before = parts_.loop.now() + kFirstBackOff;
    NameSet names = leaving(set->names, refused, kTriesTogether);
    co_await set_apart(set, std::move(names));
    co_return false;
  }
  if (begins_nothing_) {
    settle(*set, ends_soon());
    co_return false;
  }
  // Names were tested for a minute, perhaps: whoever took over meanwhile orders, or has.
  if (lock->is_lost()) {
    settle(*set, core::failure(ErrorKind::conflict, core::Side::storage,
                               "its lock was lost meanwhile; whoever has it now orders"));
    set->not_before = parts_.loop.now() + kLookAgain;
    co_return false;
  }
  co_return true;
}

Flow<> Keeper::order(Watched* set, const HeldLock& lock) {
  const Plan plan = plan_for(*set);
  const bool is_clear = co_await may_order(set, &plan, &lock);
  if (!is_clear) co_return core::done();
  // Before the authority hears anything: a crash from here on counts.
  Attempts begun = set->attempts.value_or(Attempts());
  begun.begun += 1;
  begun.next = now() + back_off(begun.failures + begun.begun, parts_.random.number());
  co_await store_.save(set->id, begun);
  set->attempts = begun;
  const std::unique_ptr<OrderJournal> journal = store_.journal(set->id, plan.authority->id);
  OrderTools tools{plan.authority->client, accounts_,  *journal,    plan.ways,
                   parts_.random,          parts_.log, &is_closing_};
  OrderRequest request;
  request.names = set->names;
  request.profile = acme_.profile;
  request.preferred_issuer = acme_.preferred_issuer;
  if (set->directory == plan.authority->directory) request.replaces = set->renewal_id;
  OrderRun run(std::move(tools), std::move(request));
  const core::Deadline deadline = core::Deadline::after(parts_.loop, kLongestOrder);
  Flow<IssuedCertificate> bounded = core::within(parts_.loop, deadline, run.run());
  Result<IssuedCertificate> issued = co_await attempt(std::move(bounded));
  plan.authority->has_account = true;
  if (!issued && run.was_put_off()) {
    // No failure: the order stands in its record.
    parts_.log.info("an order is left to the next process", {{"names", names_text(set->names)}});
    settle(*set, core::failure(std::move(issued.error())));
    co_return core::done();
  }
  if (!issued) {
    if (issued.error().kind == ErrorKind::timed_out) co_await take_back(&run);
    std::optional<core::Duration> retry_after;
    if (run.problem()) retry_after = run.problem()->retry_after;
    co_await note_failure(set, issued.error().text, retry_after);
    co_await part(set, run.refusals());
    co_return core::done();
  }
  const std::string url = issued->order;
  co_await store(set, plan, std::move(*issued), lock);
  co_await attempt(store_.save_proved(set->id, plan.authority->id, url));
  // Only now: until the certificate is stored, the order is where it can be had again.
  co_await clear_journals(set->id, plan.authority);
  if (set->names.size() == 1) co_await rejoin(set->names.front());
  co_return core::done();
}

/// An order that was cut by its deadline still shows what proves its names.
Flow<> Keeper::take_back(OrderRun* run) {
  const core::Deadline deadline = core::Deadline::after(parts_.loop, kTakeBackTime);
  Flow<> bounded = core::within(parts_.loop, deadline, run->take_back());
  co_await attempt(std::move(bounded));
  co_return core::done();
}

/// An order that was left for another authority would give a certificate that is older than this one.
Flow<> Keeper::clear_journals(std::string id, const Authority* own) {
  const std::unique_ptr<OrderJournal> journal = store_.journal(id, own->id);
  co_await journal->clear();
  for (const auto& authority : authorities_) {
    if (authority.get() != own) co_await drop_order(id, authority.get());
  }
  co_return core::done();
}

Flow<> Keeper::drop_order(std::string id, const Authority* authority) {
  const std::unique_ptr<OrderJournal> journal = store_.journal(id, authority->id);
  std::optional<OrderRecord> record = co_await journal->load();
  if (!record) co_return core::done();
  co_await tls::take_back(&record->presented, &ways_, &parts_.log);
  co_await journal->clear();
  co_return core::done();
}

Flow<> Keeper::store(Watched* set, const Plan& plan, IssuedCertificate issued, const HeldLock& lock) {
  StoredCertificate stored;
  stored.names = set->names;
  stored.chain = std::move(issued.chain);
  stored.key = std::move(issued.key);
  stored.directory = plan.authority->directory;
  if (lock.is_lost()) {
    // Somebody took over and may have stored theirs: the first that is stored is the one that all serve.
    co_await load_set(set);
    if (now() < due_time(*set)) {
      settle(*set, "another replica has renewed it: " + validity_of(*set));
      co_return core::done();
    }
  }
  const bool is_renewal = set->certificate != nullptr;
  // Served even if it cannot be stored; then the order is gone on with until it can.
  show(*set, stored);
  co_await save_at_last(set->id, stored);
  co_await store_.clear_attempts(set->id);
  set->attempts.reset();
  settle(*set, (is_renewal ? "renewed: " : "obtained: ") + validity_of(*set));
  const std::string expires = date_text(set->certificate->not_after());
  const std::string renewal = date_text(due_time(*set));
  parts_.log.info(is_renewal ? "certificate renewed" : "certificate obtained",
                  {{"names", names_text(set->names)},
                   {"authority", plan.authority->directory},
                   {"expires", expires},
                   {"renewal", renewal}});
  co_return core::done();
}

/// A certificate that cannot be stored now is served already; storage that is full or read-only is waited
/// for.
Flow<> Keeper::save_at_last(std::string id, StoredCertificate stored) {
  for (;;) {
    const Result<std::string> before = co_await attempt(store_.change());
    const bool is_seen = before && *before == seen_change_;
    Result<std::string> saved = co_await attempt(store_.save(id, stored));
    // What this process stored itself it need not read again.
    if (saved && is_seen) seen_change_ = std::move(*saved);
    if (saved) co_return core::done();
    parts_.log.error("a certificate is served but cannot be stored; trying again",
                     {{"names", names_text(stored.names)}, {"why", saved.error().text}});
    co_await core::sleep_for(parts_.loop, kSavePause);
  }
}

Flow<> Keeper::note_failure(Watched* set, std::string why, std::optional<core::Duration> retry_after) {
  Attempts failed = set->attempts.value_or(Attempts());
  failed.failures += 1;
  failed.begun = 0;
  failed.why = why;
  const core::Duration pause = back_off(failed.failures, parts_.random.number(), retry_after);
  failed.next = now() + pause;
  set->attempts = failed;
  set->is_resumable = false;  // before the pause is over
  const bool has_expired = set->certificate != nullptr && set->certificate->not_after() <= now();
  const std::string_view served = set->certificate == nullptr ? "none" : has_expired ? "expired" : "valid";
  parts_.log.error("a certificate could not be obtained", {{"names", names_text(set->names)},
                                                           {"why", why},
                                                           {"failures", failed.failures},
                                                           {"next_attempt_in", seconds_text(pause)},
                                                           {"certificate", served}});
  co_await store_.save(set->id, failed);
  settle(*set, core::failure(ErrorKind::refused, core::Side::authority,
                             fmt::format("{}; next attempt in {}", why, seconds_text(pause))));
  co_return core::done();
}

}  // namespace tls

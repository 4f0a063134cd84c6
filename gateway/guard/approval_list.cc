#include "gateway/guard/approval_list.h"

#include <algorithm>
#include <utility>

namespace gateway {
namespace {

/// Another value after each change.
constexpr std::string_view kChange = "approvals.changed";
/// Whatever the mark says, everything is listed this often: one that could not be put is made up for.
constexpr core::Duration kWholeLook = std::chrono::minutes(1);

constexpr const char* kBeingDecided = "somebody decides about them at this moment; try again";
constexpr std::size_t kNonceDigits = 8;

core::Error error(core::ErrorKind kind, std::string text) {
  return {kind, core::Side::client, std::move(text)};
}

bool is_decided(const Approval& approval) {
  return approval.state != ApprovalState::waiting;
}

/// Of a rejection or a withdrawal that storage refused.
core::Error acts_unkept(core::Error error) {
  return std::move(error).during("it acts here, and is tried again until storage has it");
}

}  // namespace

ApprovalList::ApprovalList(ApprovalListParts parts)
    : parts_(std::move(parts)),
      self_(std::make_shared<ApprovalList*>(this)),
      busy_(std::make_shared<std::set<std::string>>()) {}

std::optional<std::size_t> ApprovalList::policy_named(std::string_view name) const {
  for (std::size_t i = 0; i < parts_.policies.size(); ++i) {
    if (parts_.policies[i].name == name && parts_.policies[i].approval) return i;
  }
  return std::nullopt;
}

bool ApprovalList::take(const Approval& approval) {
  const auto refused = unkept_.find(id_of(approval));
  const bool is_withdrawn = refused != unkept_.end() && refused->second.is_withdrawn;
  if (is_withdrawn && is_decided(approval) && !stands_over(approval, refused->second.next)) return false;
  const auto [place, is_new] = standing_.try_emplace(id_of(approval), approval);
  if (is_new) return true;
  if (!stands_over(approval, place->second)) return false;
  place->second = approval;
  return true;
}

bool ApprovalList::drop_over() {
  const core::WallTime now = parts_.clock.wall();
  return std::erase_if(standing_, [now](const auto& entry) {
           const auto end = end_of(entry.second);
           return end && *end <= now;
         }) != 0;
}

/// Whether what storage lists says nothing of this person: it is older than what was decided here, or lacks
/// it.
bool ApprovalList::is_held(const std::string& id) const {
  return touched_.contains(id) || unkept_.contains(id);
}

/// What has gone from storage was withdrawn, or is over. Whatever else is kept of that person is read again.
void ApprovalList::drop_gone(const std::set<std::string>& known, const std::set<std::string>& listed) {
  std::set<std::string> gone;
  for (const std::string& key : known) {
    if (!listed.contains(key) && !is_held(id_in(key))) gone.insert(id_in(key));
  }
  if (gone.empty()) return;
  std::erase_if(known_, [&gone](const std::string& key) { return gone.contains(id_in(key)); });
  std::erase_if(standing_, [&gone](const auto& entry) { return gone.contains(entry.first); });
}

void ApprovalList::publish() {
  auto next = std::make_shared<Approvals>();
  for (const auto& [id, approval] : standing_) {
    if (const auto policy = policy_named(approval.policy)) next->add(*policy, approval);
  }
  parts_.publish(std::move(next));
}

core::Flow<> ApprovalList::load() {
  const std::set<std::string> known = known_;  // what is put meanwhile is not in the listing
  touched_ = *busy_;
  const std::vector<std::string> keys = co_await parts_.storage.list(std::string(kApprovalFolder));
  const std::set<std::string> listed(keys.begin(), keys.end());
  drop_gone(known, listed);
  for (const std::string& key : keys) {
    if (known_.contains(key) || touched_.contains(id_in(key))) continue;
    const core::Result<core::StorageEntry> entry = co_await core::attempt(parts_.storage.get(key));
    if (!entry && entry.error().kind == core::ErrorKind::not_found) continue;  // over meanwhile
    if (!entry && entry.error().kind == core::ErrorKind::unavailable) {
      publish();
      co_return core::failure(entry.error());
    }
    const core::Result<Approval> read =
        entry ? read_approval_entry(key, *entry) : core::failure(entry.error());
    if (touched_.contains(id_in(key))) continue;  // decided while it was read: the next look sees it
    if (!read) parts_.log.error("an approval cannot be read", {{"error", read.error().text}});
    known_.insert(key);
    if (read) take(*read);
  }
  drop_over();
  publish();
  co_return core::done();
}

void ApprovalList::follow(core::Loop& loop, core::Duration interval) {
  interval_ = interval;
  timer_.emplace(loop, [this] {
    looking_.start(look(), [this](const core::Result<core::Done>& outcome) { looked(outcome); });
  });
  timer_->arm(core::Duration::zero());
}

void ApprovalList::take_over(ApprovalList& before) {
  busy_ = before.busy_;
  for (auto& [id, unkept] : before.unkept_) {
    if (!busy_->contains(id)) unkept_.emplace(id, unkept);  // else who is at it hands it on
  }
  std::erase_if(before.unkept_, [this](const auto& entry) { return !busy_->contains(entry.first); });
  const std::map<std::string, Approval> read = std::exchange(standing_, {});
  for (const auto& [id, approval] : before.standing_) {
    const auto known = read.find(id);
    // Withdrawn elsewhere, or given since this one has read: the first look tells which.
    if (known == read.end() && approval.state == ApprovalState::approved) continue;
    take(approval);
    if (known != read.end()) take(known->second);
  }
  for (const std::string& key : before.known_) {
    if (standing_.contains(id_in(key))) known_.insert(key);
  }
  before.successor_ = self_;
  drop_over();
  publish();
}

/// Entries are listed only when there are others.
core::Flow<> ApprovalList::look() {
  if (drop_over()) publish();
  std::vector<std::string> refused;
  for (const auto& [id, unkept] : unkept_) refused.push_back(id);
  for (const std::string& id : refused) {
    if (busy_->contains(id)) continue;
    const Turn turn(*this, id);
    const core::Result<core::Done> kept = co_await core::attempt(settle(id));
    if (!kept) break;
    parts_.log.info("storage has taken what was decided about somebody's access", {{"id", id}});
  }
  const core::Result<core::StorageEntry> mark =
      co_await core::attempt(parts_.storage.get(std::string(kChange)));
  if (!mark && mark.error().kind == core::ErrorKind::unavailable) co_return core::failure(mark.error());
  const std::string change = mark ? mark->value : std::string();
  const core::SteadyTime now = parts_.clock.steady();
  if (change == seen_change_ && now < whole_look_at_) co_return core::done();
  co_await load();
  seen_change_ = change;
  whole_look_at_ = now + kWholeLook;
  co_return core::done();
}

void ApprovalList::looked(const core::Result<core::Done>& outcome) {
  if (!outcome && !is_blind_) {
    parts_.log.error("approvals of other replicas are not seen until storage can be read again",
                     {{"error", outcome.error().text}});
  }
  is_blind_ = !outcome;
  timer_->arm(interval_);
}

core::Result<void> ApprovalList::room_for(const Approval& request) const {
  std::size_t waiting = 0;
  std::size_t of_issuer = 0;
  for (const auto& [id, approval] : standing_) {
    if (is_decided(approval)) continue;
    ++waiting;
    if (approval.issuer == request.issuer) ++of_issuer;
  }
  const bool is_named = !request.subject.empty() && request.issuer.size() <= kMaxApprovalKeyText &&
                        request.subject.size() <= kMaxApprovalKeyText;
  if (is_named && waiting < kMaxWaiting && of_issuer < kMaxWaitingOfIssuer) return {};
  return core::failure(error(core::ErrorKind::too_large, "too many wait for approval already"));
}

core::Flow<> ApprovalList::ask(Approval request, AuditNote note) {
  const std::string id = id_of(request);
  if (standing_.contains(id)) co_return core::done();
  ApprovalLine line(std::move(note), AuditAct::access_requested, "policy " + request.policy);
  core::Result<void> may = room_for(request);
  if (!policy_named(request.policy)) may = core::failure(error(core::ErrorKind::refused, "no approvals"));
  if (busy_->contains(id)) may = core::failure(error(core::ErrorKind::conflict, kBeingDecided));
  if (!may) {
    line.end(false);
    co_return core::failure(may.error());
  }
  request.state = ApprovalState::waiting;
  request.asked_at = core::from_unix_seconds(core::unix_seconds(request.asked_at));
  const Turn turn(*this, id);
  standing_.emplace(id, request);  // at once: the same person may ask twice in a turn
  publish();
  // A withdrawal that storage has yet to take is of what was there before.
  const auto withdrawn = unkept_.find(id);
  const std::string key = storage_key_of(request);
  const bool is_reused = withdrawn != unkept_.end() && std::erase(withdrawn->second.keys, key) != 0;
  const core::Result<core::Done> kept = co_await core::attempt(keep(request));
  line.end(kept.has_value());
  if (!kept) {
    if (is_reused && unkept_.contains(id)) unkept_[id].keys.push_back(key);
    const auto stands = standing_.find(id);
    const bool waits = stands != standing_.end() && !is_decided(stands->second);
    if (waits) standing_.erase(stands);
    publish();
    co_return core::failure(kept.error());
  }
  parts_.told(ApprovalEvent::requested, request);
  co_return core::done();
}

/// What stands after the decision, if it may be made.
core::Result<Approval> ApprovalList::decided(const ApprovalDecision& decision) const {
  if (busy_->contains(decision.id)) return core::failure(error(core::ErrorKind::conflict, kBeingDecided));
  const auto found = standing_.find(decision.id);
  const auto unkept = unkept_.find(decision.id);
  const bool again = found == standing_.end() && unkept != unkept_.end() &&
                     decision.act == ApprovalAct::withdraw && !decision.version;
  if (again) return unkept->second.next;
  if (found == standing_.end())
    return core::failure(error(core::ErrorKind::not_found, "nobody of that id has asked"));
  Approval next = found->second;
  if (decision.version && *decision.version != version_of(next))
    return core::failure(error(core::ErrorKind::conflict, "something else was decided meanwhile"));
  if (!decision.subject.empty() && decision.issuer == next.issuer && decision.subject == next.subject)
    return core::failure(error(core::ErrorKind::refused, "nobody decides about themselves"));
  const core::WallTime now = core::from_unix_seconds(core::unix_seconds(parts_.clock.wall()));
  if (decision.act == ApprovalAct::approve && decision.until && *decision.until <= now)
    return core::failure(error(core::ErrorKind::malformed, "the end is in the past"));
  const auto decided_ones =
      std::ranges::count_if(standing_, [](const auto& entry) { return is_decided(entry.second); });
  if (decision.act != ApprovalAct::withdraw && !is_decided(next) &&
      static_cast<std::size_t>(decided_ones) >= kMaxDecided)
    return core::failure(error(core::ErrorKind::too_large, "too many decisions; withdraw some"));
  next.decided_at = std::max(now, next.decided_at + std::chrono::seconds(1));
  next.decided_by = decision.by;
  next.nonce = parts_.random.hex_id().substr(0, kNonceDigits);
  next.until.reset();
  if (decision.act == ApprovalAct::approve) next.until = decision.until;
  if (decision.act == ApprovalAct::approve) next.state = ApprovalState::approved;
  if (decision.act == ApprovalAct::reject) next.state = ApprovalState::rejected;
  return next;
}

core::Flow<Approval> ApprovalList::decide(ApprovalDecision decision) {
  const Approval next = co_await decided(decision);
  const Turn turn(*this, decision.id);
  ApprovalLine line(decision, next);
  core::Result<core::Done> kept = core::done();
  if (decision.act == ApprovalAct::approve) {
    kept = co_await core::attempt(keep(next));
  } else {
    const bool is_withdrawn = decision.act == ApprovalAct::withdraw;
    const std::vector<std::string> keys = is_withdrawn ? keys_of(decision.id) : std::vector<std::string>();
    unkept_[decision.id] = {next, is_withdrawn, keys};
    act(next, is_withdrawn);
    kept = co_await core::attempt(settle(decision.id));
  }
  line.end(kept.has_value());
  if (!kept) hand_on(decision.id);
  if (!kept && decision.act == ApprovalAct::approve) co_return core::failure(kept.error());
  if (!kept) co_return core::failure(acts_unkept(kept.error()));
  if (decision.act == ApprovalAct::approve) {
    unkept_.erase(decision.id);
    act(next, false);
    parts_.told(ApprovalEvent::approved, next);
  }
  co_return next;
}

/// What storage has refused is tried again by who looks after it now.
void ApprovalList::hand_on(const std::string& id) {
  const auto unkept = unkept_.find(id);
  if (unkept == unkept_.end() || successor_ == nullptr || *successor_ == nullptr) return;
  (*successor_)->unkept_.insert_or_assign(id, std::move(unkept->second));
  unkept_.erase(unkept);
}

/// Here, and under the configuration that has taken over while this was decided.
void ApprovalList::act(const Approval& next, bool is_withdrawn) {
  const std::string id = id_of(next);
  touched_.insert(id);
  const auto stands = standing_.find(id);
  bool has_changed = false;
  if (!is_withdrawn) {
    has_changed = take(next);
  } else if (stands != standing_.end() && !stands_over(stands->second, next)) {
    standing_.erase(stands);
    has_changed = true;
  }
  if (has_changed) publish();
  if (successor_ != nullptr && *successor_ != nullptr) (*successor_)->act(next, is_withdrawn);
}

std::vector<std::string> ApprovalList::keys_of(const std::string& id) const {
  std::vector<std::string> keys;
  for (const std::string& known : known_) {
    if (id_in(known) == id) keys.push_back(known);
  }
  return keys;
}

/// In place of what was kept of that person before and does not stand over it. What cannot be removed is
/// stood over.
core::Flow<> ApprovalList::keep(Approval approval) {
  const std::string key = storage_key_of(approval);
  const core::StorageEntry entry = entry_of(approval);
  co_await parts_.storage.put(key, entry);
  known_.insert(key);
  const std::vector<std::string> all = keys_of(id_in(key));
  for (const std::string& old : all) {
    if (old == key || !key_stands_over(key, old)) continue;
    const core::Result<core::Done> removed = co_await core::attempt(parts_.storage.remove(old));
    if (removed) known_.erase(old);
  }
  co_await core::attempt(say_changed(key));
  co_return core::done();
}

/// Has storage take what acts already. Requires: the caller has the turn.
core::Flow<> ApprovalList::settle(std::string id) {
  const auto found = unkept_.find(id);
  if (found == unkept_.end()) co_return core::done();
  const Unkept unkept = found->second;
  if (unkept.is_withdrawn) {
    co_await forget(unkept.keys);
    co_await core::attempt(say_changed(id));
  } else {
    co_await keep(unkept.next);
  }
  unkept_.erase(id);
  parts_.told(unkept.is_withdrawn ? ApprovalEvent::withdrawn : ApprovalEvent::rejected, unkept.next);
  co_return core::done();
}

core::Flow<> ApprovalList::forget(std::vector<std::string> keys) {
  for (const std::string& key : keys) {
    co_await parts_.storage.remove(key);
    known_.erase(key);
  }
  co_return core::done();
}

/// To other replicas.
core::Flow<> ApprovalList::say_changed(std::string key) {
  core::StorageEntry change;
  change.value = key + " " + std::to_string(parts_.clock.wall().time_since_epoch().count());
  co_await parts_.storage.put(std::string(kChange), std::move(change));
  co_return core::done();
}

std::vector<Approval> ApprovalList::all() const {
  std::vector<Approval> list;
  for (const auto& [id, approval] : standing_) list.push_back(approval);
  std::ranges::sort(list, {}, &Approval::asked_at);
  return list;
}

}  // namespace gateway

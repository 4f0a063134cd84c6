#include "gateway/guard/approval_list.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gateway {
namespace {

/// Another value after each change.
constexpr std::string_view kChange = "approvals.changed";
/// Whatever the mark says, everything is listed this often: one that could not be put is made up for.
constexpr core::Duration kWholeLook = std::chrono::minutes(1);

constexpr std::array<std::pair<std::string_view, ApprovalAct>, 3> kActs{
    {{"approve", ApprovalAct::approve},
     {"reject", ApprovalAct::reject},
     {"withdraw", ApprovalAct::withdraw}}};

core::Error error(core::ErrorKind kind, std::string text) {
  return {kind, core::Side::client, std::move(text)};
}

bool is_decided(const Approval& approval) {
  return approval.state != ApprovalState::waiting;
}

ApprovalEvent event_of(ApprovalAct act) {
  switch (act) {
    case ApprovalAct::approve:
      return ApprovalEvent::approved;
    case ApprovalAct::reject:
      return ApprovalEvent::rejected;
    case ApprovalAct::withdraw:
      break;
  }
  return ApprovalEvent::withdrawn;
}

/// What storage keys of one person begin with.
std::string person_part(const std::string& key) {
  return key.substr(0, key.rfind('-'));
}

}  // namespace

std::string_view name_of(ApprovalAct act) {
  const auto found = std::ranges::find(kActs, act, [](const auto& known) { return known.second; });
  return found == kActs.end() ? std::string_view() : found->first;
}

std::optional<ApprovalAct> approval_act_named(std::string_view name) {
  const auto found = std::ranges::find(kActs, name, [](const auto& known) { return known.first; });
  if (found == kActs.end()) return std::nullopt;
  return found->second;
}

ApprovalList::ApprovalList(ApprovalListParts parts) : parts_(std::move(parts)) {}

std::optional<std::size_t> ApprovalList::policy_named(std::string_view name) const {
  for (std::size_t i = 0; i < parts_.policies.size(); ++i) {
    if (parts_.policies[i].name == name && parts_.policies[i].approval) return i;
  }
  return std::nullopt;
}

bool ApprovalList::take(const Approval& approval) {
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

/// What has gone from storage was withdrawn, or is over. Whatever else is kept of that person is read again.
void ApprovalList::drop_gone(const std::set<std::string>& known, const std::set<std::string>& listed) {
  std::set<std::string> gone;
  for (const std::string& key : known) {
    if (!listed.contains(key)) gone.insert(person_part(key));
  }
  if (gone.empty()) return;
  std::erase_if(known_, [&gone](const std::string& key) { return gone.contains(person_part(key)); });
  std::erase_if(standing_, [&gone](const auto& entry) {
    return gone.contains(person_part(storage_key_of(entry.second)));
  });
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
  const std::vector<std::string> keys = co_await parts_.storage.list(std::string(kApprovalFolder));
  const std::set<std::string> listed(keys.begin(), keys.end());
  drop_gone(known, listed);
  for (const std::string& key : keys) {
    if (known_.contains(key)) continue;
    const core::Result<core::StorageEntry> entry = co_await core::attempt(parts_.storage.get(key));
    if (!entry && entry.error().kind == core::ErrorKind::not_found) continue;  // over meanwhile
    if (!entry && entry.error().kind == core::ErrorKind::unavailable) {
      publish();
      co_return core::failure(entry.error());
    }
    const core::Result<Approval> read =
        entry ? read_approval_entry(key, *entry) : core::failure(entry.error());
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
  timer_->arm(interval_);
}

/// Entries are listed only when there are others.
core::Flow<> ApprovalList::look() {
  if (drop_over()) publish();
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

core::Flow<> ApprovalList::ask(Approval request) {
  if (!policy_named(request.policy)) co_return core::failure(error(core::ErrorKind::refused, "no approvals"));
  if (standing_.contains(id_of(request))) co_return core::done();
  const core::Result<void> room = room_for(request);
  if (!room) co_return core::failure(room.error());
  request.state = ApprovalState::waiting;
  request.asked_at = core::from_unix_seconds(core::unix_seconds(request.asked_at));
  standing_.emplace(id_of(request), request);  // at once: the same person may ask twice in a turn
  publish();
  const core::Result<core::Done> kept = co_await core::attempt(keep(request));
  if (!kept) {
    standing_.erase(id_of(request));
    publish();
    co_return core::failure(kept.error());
  }
  parts_.told(ApprovalEvent::requested, request);
  co_return core::done();
}

/// What stands after the decision, if it may be made.
core::Result<Approval> ApprovalList::decided(const ApprovalDecision& decision) const {
  const auto found = standing_.find(decision.id);
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
  next.until.reset();
  if (decision.act == ApprovalAct::approve) next.until = decision.until;
  if (decision.act == ApprovalAct::approve) next.state = ApprovalState::approved;
  if (decision.act == ApprovalAct::reject) next.state = ApprovalState::rejected;
  return next;
}

core::Flow<Approval> ApprovalList::decide(ApprovalDecision decision) {
  const Approval next = co_await decided(decision);
  if (decision.act == ApprovalAct::withdraw) {
    standing_.erase(decision.id);
    publish();
    co_await forget(next);
  } else if (next.state == ApprovalState::rejected) {
    if (take(next)) publish();
    co_await keep(next);
  } else {
    co_await keep(next);
    if (take(next)) publish();
  }
  parts_.told(event_of(decision.act), next);
  co_return next;
}

/// In place of what was kept of that person before. What cannot be removed is stood over.
core::Flow<> ApprovalList::keep(Approval approval) {
  const std::string key = storage_key_of(approval);
  const core::StorageEntry entry = entry_of(approval);
  co_await parts_.storage.put(key, entry);
  std::vector<std::string> before;
  for (const std::string& known : known_) {
    if (known != key && person_part(known) == person_part(key)) before.push_back(known);
  }
  known_.insert(key);
  for (const std::string& old : before) {
    const core::Result<core::Done> removed = co_await core::attempt(parts_.storage.remove(old));
    if (removed) known_.erase(old);
  }
  co_await core::attempt(say_changed(key));
  co_return core::done();
}

core::Flow<> ApprovalList::forget(Approval approval) {
  const std::string person = person_part(storage_key_of(approval));
  std::vector<std::string> keys;
  for (const std::string& known : known_) {
    if (person_part(known) == person) keys.push_back(known);
  }
  for (const std::string& key : keys) {
    co_await parts_.storage.remove(key);
    known_.erase(key);
  }
  co_await core::attempt(say_changed(person));
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

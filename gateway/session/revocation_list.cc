#include "gateway/session/revocation_list.h"

#include <utility>

#include "gateway/session/revocation_entry.h"

namespace gateway {
namespace {

/// Another value after each revocation.
constexpr std::string_view kChange = "revocations.changed";
/// Whatever the mark says, everything is listed this often: one that could not be put is made up for.
constexpr core::Duration kWholeLook = std::chrono::minutes(1);

IssuerCutOff cut_off_of(std::string issuer, Revocations::CutOff cut_off) {
  return {std::move(issuer), cut_off};
}

}  // namespace

RevocationList::RevocationList(core::Storage& storage, const core::Clock& clock, const core::Log& log)
    : storage_(storage), clock_(clock), log_(log), published_(std::make_shared<const Revocations>()) {}

core::Flow<> RevocationList::load() {
  // Each though the other fails: whatever can be known of ended sessions is.
  const core::Result<core::Done> cut_offs = co_await core::attempt(load_folder(std::string(kCutOffFolder)));
  const core::Result<core::Done> sessions =
      co_await core::attempt(load_folder(std::string(kRevocationFolder)));
  co_return cut_offs ? sessions : cut_offs;
}

/// What has gone from storage has expired, and leaves the list by itself.
core::Flow<> RevocationList::load_folder(std::string folder) {
  const std::vector<std::string> keys = co_await storage_.list(folder);
  const auto is_of_folder = [&folder](const std::string& key) { return key.starts_with(folder); };
  const std::set<std::string> listed(keys.begin(), keys.end());
  std::erase_if(known_, [&](const std::string& key) { return is_of_folder(key) && !listed.contains(key); });
  core::Result<core::Done> outcome = core::done();
  for (const std::string& key : keys) {
    if (known_.contains(key)) continue;
    const core::Result<core::Done> loaded = co_await core::attempt(load_entry(key));
    if (loaded) {
      known_.insert(key);
      has_news_ = true;
      continue;
    }
    // One bad entry must not hide those behind it; storage that is away has none of them.
    if (outcome) outcome = core::failure(loaded.error());
    if (loaded.error().kind == core::ErrorKind::unavailable) break;
  }
  co_return outcome;
}

void RevocationList::follow(core::Loop& loop, core::Duration interval) {
  interval_ = interval;
  timer_.emplace(loop, [this] { look_again(); });
  timer_->arm(interval_);
}

void RevocationList::look_again() {
  has_news_ = false;
  looking_.start(look(), [this](const core::Result<core::Done>& outcome) { looked(outcome); });
}

/// Thousands of entries are listed only when there are others.
core::Flow<> RevocationList::look() {
  const core::Result<core::StorageEntry> mark = co_await core::attempt(storage_.get(std::string(kChange)));
  if (!mark && mark.error().kind == core::ErrorKind::unavailable) co_return core::failure(mark.error());
  const std::string change = mark ? mark->value : std::string();
  const core::SteadyTime now = clock_.steady();
  if (change == seen_change_ && now < whole_look_at_) co_return core::done();
  co_await load();
  seen_change_ = change;
  whole_look_at_ = now + kWholeLook;
  co_return core::done();
}

void RevocationList::looked(const core::Result<core::Done>& outcome) {
  if (!outcome && !is_blind_) {
    log_.error("sessions that were ended elsewhere are not seen until storage can be read again",
               {{"error", outcome.error().text}});
  }
  if (outcome && is_blind_) log_.info("storage can be read again");
  is_blind_ = !outcome;
  if (has_news_) told_();
  timer_->arm(interval_);
}

core::Flow<> RevocationList::load_entry(std::string key) {
  const core::Result<core::StorageEntry> entry = co_await core::attempt(storage_.get(key));
  if (!entry && entry.error().kind == core::ErrorKind::not_found)
    co_return core::done();  // expired meanwhile
  if (!entry) co_await core::failure(entry.error());
  const std::variant<Revocation, IssuerCutOff> read = co_await read_revocation_entry(key, *entry);
  add(read);
  co_return core::done();
}

void RevocationList::add(const std::variant<Revocation, IssuerCutOff>& read) {
  const std::shared_ptr<const Revocations> before = published_.latest();
  if (const auto* revocation = std::get_if<Revocation>(&read)) {
    return published_.publish(before->with(*revocation, clock_.wall()));
  }
  const auto& [issuer, cut_off] = std::get<IssuerCutOff>(read);
  published_.publish(before->with_cut_off(issuer, cut_off.moment, cut_off.expires));
}

core::Flow<> RevocationList::revoke(Revocation revocation) {
  const std::shared_ptr<const Revocations> before = published_.latest();
  const std::shared_ptr<const Revocations> after = before->with(revocation, clock_.wall());
  published_.publish(after);
  told_();
  co_await keep(key_of(revocation), entry_of(revocation));
  for (const auto& [issuer, cut_off] : after->cut_offs()) {
    const auto known = before->cut_offs().find(issuer);
    if (known != before->cut_offs().end() && known->second.moment == cut_off.moment) continue;
    log_.warn("too many sessions were ended: everybody who signed in until now must sign in again",
              {{"issuer", issuer}});
    const IssuerCutOff kept = cut_off_of(issuer, cut_off);
    co_await keep(key_of(kept), entry_of(kept));
  }
  co_return core::done();
}

core::Flow<> RevocationList::cut_off(std::string issuer, core::WallTime moment) {
  const IssuerCutOff kept = cut_off_of(issuer, {moment, clock_.wall() + Revocations::kCutOffLifetime});
  add(kept);
  told_();
  co_await keep(key_of(kept), entry_of(kept));
  co_return core::done();
}

/// And says to other replicas that there is something new.
core::Flow<> RevocationList::keep(std::string key, core::StorageEntry entry) {
  co_await storage_.put(key, std::move(entry));
  known_.insert(key);
  core::StorageEntry change;
  change.value = key + " " + std::to_string(clock_.wall().time_since_epoch().count());
  co_await core::attempt(storage_.put(std::string(kChange), std::move(change)));
  co_return core::done();
}

}  // namespace gateway

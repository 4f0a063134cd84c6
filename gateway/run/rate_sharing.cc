#include "gateway/run/rate_sharing.h"

#include <algorithm>
#include <utility>

#include "gateway/model/rate_key.h"

namespace gateway {
namespace {

constexpr std::string_view kFolder = "rates/";
constexpr std::string_view kReplicas = "rates.replicas";
constexpr std::string_view kScope = "rates";
/// Whoever told nothing for so long is not there any more.
constexpr core::Duration kLifetime = std::chrono::minutes(1);
/// However little there is to tell.
constexpr core::Duration kTellAgain = std::chrono::seconds(20);
/// In rounds. With what was let through longer ago a replica that comes now is not charged, however long the
/// window.
constexpr std::int64_t kOldest = 8;
/// Rounds from one look at the list of replicas to the next.
constexpr std::int64_t kLookEvery = 5;
/// What a replica lets through below this part of its share of an interval is not told: who stays below it at
/// each is a quarter above his limit at most.
constexpr std::int64_t kPartOfShare = 4;

std::string key_of(const std::string& id) {
  return std::string(kFolder).append(id);
}

}  // namespace

std::optional<core::Duration> rate_sharing_interval(config::StorageKind kind) {
  switch (kind) {
    case config::StorageKind::redis:
      return std::chrono::seconds(1);
    case config::StorageKind::kubernetes:
      return std::chrono::seconds(5);
    case config::StorageKind::directory:
      return std::nullopt;
  }
  return std::nullopt;
}

RateSharing::RateSharing(const RateSharingParts& parts)
    : parts_(parts),
      replicas_(parts.storage, std::string(kReplicas), parts.random.hex_id()),
      timer_(parts.loop, [this] {
        running_.start(round(), [this](const core::Result<core::Done>& outcome) { end_round(outcome); });
      }) {}

void RateSharing::use(const core::KeyRing& keys) {
  sealer_.reset();
  sealer_.emplace(keys, core::Purpose::rate, parts_.random);
  const std::uint64_t key_id = rate_key(keys).id;
  if (key_id == own_.key_id) return;
  own_.key_id = key_id;
  own_.rounds.clear();  // accounts under the key before are nobody's
}

void RateSharing::start(const core::KeyRing& keys) {
  use(keys);
  timer_.arm(parts_.interval);
}

core::Flow<> RateSharing::round() {
  ++rounds_;
  collect();
  co_await tell();
  if (rounds_ % kLookEvery == 1 || others_.empty()) co_await look();
  std::size_t heard = 0;
  const std::vector<std::string> others = others_;
  for (const std::string& id : others) {
    co_await hear(id);
    if (!gone_.contains(id)) ++heard;
  }
  counts_.others = heard;
  co_return core::done();
}

void RateSharing::collect() {
  const auto replicas = static_cast<std::int64_t>(others_.size() + 1);
  const auto interval = std::chrono::duration_cast<std::chrono::microseconds>(parts_.interval);
  RateDebts collected = parts_.table.collect(interval / (kPartOfShare * replicas));
  counts_.dropped.add(collected.dropped);
  std::erase_if(own_.rounds, [this](const RateRound& round) { return round.number + kOldest <= rounds_; });
  if (collected.debts.empty()) return;
  if (own_.rounds.size() == kMostRateRounds) own_.rounds.erase(own_.rounds.begin());
  own_.rounds.push_back({rounds_, std::move(collected.debts)});
  has_news_ = true;
}

std::string RateSharing::sealed_news(const std::string& key) {
  return sealer_->seal(encode_rate_news(own_), {key, kScope});
}

core::Flow<> RateSharing::tell() {
  const core::SteadyTime now = parts_.loop.now();
  if (!has_news_ && now < told_at_ + kTellAgain) co_return core::done();
  const std::string key = key_of(replicas_.id());
  core::StorageEntry entry;
  entry.value = sealed_news(key);
  entry.expires = parts_.loop.clock().wall() + kLifetime;
  const std::size_t debts = has_news_ && !own_.rounds.empty() ? own_.rounds.back().debts.size() : 0;
  co_await parts_.storage.put(key, std::move(entry));
  told_at_ = now;
  has_news_ = false;
  counts_.told.add(debts);
  co_return core::done();
}

core::Flow<> RateSharing::look() {
  others_ = co_await replicas_.look(gone_);
  gone_.clear();
  // Who comes back is not charged again; whoever can write the list could have him come back for ever.
  if (heard_.size() <= 2 * ReplicaList::kMost) co_return core::done();
  std::erase_if(heard_, [this](const auto& each) {
    return std::find(others_.begin(), others_.end(), each.first) == others_.end();
  });
  co_return core::done();
}

/// What cannot be read says nothing, and is no reason not to hear the others: so it is while keys are
/// rotated.
core::Flow<> RateSharing::hear(std::string id) {
  const std::string key = key_of(id);
  const core::Result<core::StorageEntry> entry = co_await core::attempt(parts_.storage.get(key));
  if (!entry && entry.error().kind == core::ErrorKind::unavailable) co_return core::failure(entry.error());
  if (!entry) {
    gone_.insert(id);
    co_return core::done();
  }
  const core::Result<core::Opened> opened = sealer_->open(entry->value, {key, kScope});
  if (!opened) co_return core::done();
  const core::Result<RateNews> news = decode_rate_news(opened->plaintext.reveal());
  if (news && news->key_id == own_.key_id) charge(id, *news);
  co_return core::done();
}

void RateSharing::charge(const std::string& id, const RateNews& news) {
  std::int64_t& last = heard_[id];
  for (const RateRound& round : news.rounds) {
    if (round.number <= last) continue;
    last = round.number;
    parts_.table.owe(round.debts, parts_.loop.now());
    counts_.heard.add(round.debts.size());
  }
}

void RateSharing::end_round(const core::Result<core::Done>& outcome) {
  (outcome ? counts_.rounds_succeeded : counts_.rounds_failed).add();
  if (!outcome) counts_.others = 0;
  if (!outcome && !is_alone_) {
    parts_.log.warn("rates are counted by this replica alone until storage answers",
                    {{"error", outcome.error().text}});
  }
  if (outcome && is_alone_) parts_.log.info("rates are counted by all replicas together again");
  is_alone_ = !outcome;
  timer_.arm(parts_.interval);
}

}  // namespace gateway

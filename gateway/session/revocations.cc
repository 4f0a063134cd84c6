#include "gateway/session/revocations.h"

#include <algorithm>

namespace gateway {

bool Revocations::is_revoked(std::string_view session_id, std::string_view issuer,
                             core::WallTime signed_in_at) const {
  if (!cut_offs_.empty()) {
    const auto cut_off = cut_offs_.find(issuer);
    if (cut_off != cut_offs_.end() && signed_in_at <= cut_off->second.moment) return true;
  }
  return recent_.find(session_id) != recent_.end() || settled_->find(session_id) != settled_->end();
}

std::size_t Revocations::size() const {
  return settled_->size() + recent_.size();
}

std::shared_ptr<const Revocations> Revocations::with(const Revocation& revocation, core::WallTime now,
                                                     std::size_t limit) const {
  auto next = std::make_shared<Revocations>(*this);
  if (is_revoked(revocation.session_id, revocation.issuer, revocation.signed_in_at)) return next;
  next->recent_.insert_or_assign(revocation.session_id, revocation);
  if (next->recent_.size() >= kRecent || next->size() > limit) next->merge(now);
  if (next->size() > limit) next->collapse(now, limit);
  return next;
}

std::shared_ptr<const Revocations> Revocations::with_cut_off(const std::string& issuer, core::WallTime moment,
                                                             core::WallTime expires) const {
  auto next = std::make_shared<Revocations>(*this);
  CutOff& cut_off = next->cut_offs_[issuer];
  cut_off.moment = std::max(cut_off.moment, moment);
  cut_off.expires = std::max(cut_off.expires, expires);
  return next;
}

void Revocations::merge(core::WallTime now) {
  auto all = std::make_shared<Entries>(*settled_);
  all->merge(recent_);
  std::erase_if(*all, [now](const auto& entry) { return entry.second.expires <= now; });
  std::erase_if(cut_offs_, [now](const auto& entry) { return entry.second.expires <= now; });
  settled_ = std::move(all);
  recent_.clear();
}

void Revocations::collapse(core::WallTime now, std::size_t limit) {
  std::map<std::string, std::size_t, std::less<>> counts;
  for (const auto& [id, entry] : *settled_) ++counts[entry.issuer];
  while (size() > limit && !counts.empty()) {
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    const std::string issuer = most->first;
    counts.erase(most);
    CutOff& cut_off = cut_offs_[issuer];
    auto kept = std::make_shared<Entries>(*settled_);
    std::erase_if(*kept, [&](const auto& entry) {
      if (entry.second.issuer != issuer) return false;
      cut_off.moment = std::max(cut_off.moment, entry.second.signed_in_at);
      cut_off.expires = std::max(cut_off.expires, entry.second.expires);
      return true;
    });
    // Sessions that the cut-off ends may live longer than those that were listed.
    cut_off.expires = std::max(cut_off.expires, now + kCutOffLifetime);
    settled_ = std::move(kept);
  }
}

}  // namespace gateway

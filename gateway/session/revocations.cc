#include "gateway/session/revocations.h"

#include <algorithm>
#include <utility>

#include "core/http/fields.h"

namespace gateway {
namespace {

/// Of a provider's own entries; it tells the time by its own clock.
bool is_by_issuers_clock(RevocationKind kind) {
  return kind == RevocationKind::provider_session || kind == RevocationKind::subject ||
         kind == RevocationKind::subject_without_session;
}

/// As operators type names: like policies, whatever the case. Operators alone add such, so nobody crowds a
/// bucket.
std::size_t hash_of_any_case(std::string_view text) {
  std::size_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : text) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    hash = (hash ^ static_cast<unsigned char>(is_upper ? c - 'A' + 'a' : c)) * 0x100000001b3;
  }
  return hash;
}

}  // namespace

Revocations::Key Revocations::key_of(const Revocation& revocation) {
  const bool is_ours = revocation.kind == RevocationKind::session;
  return {revocation.kind, is_ours ? std::string_view() : std::string_view(revocation.issuer),
          revocation.name};
}

bool Revocations::Key::operator==(const Key& other) const {
  if (kind != other.kind || issuer != other.issuer) return false;
  return kind == RevocationKind::name ? core::equals_ignoring_case(name, other.name) : name == other.name;
}

std::size_t Revocations::Hash::operator()(const Key& key) const {
  constexpr std::size_t kOdd = 0x9e3779b97f4a7c15;
  const std::hash<std::string_view> hash;
  const std::size_t name = key.kind == RevocationKind::name ? hash_of_any_case(key.name) : hash(key.name);
  return (name * kOdd + hash(key.issuer)) * kOdd + static_cast<std::size_t>(key.kind);
}

const Revocation* Revocations::find(const Key& key) const {
  const auto recent = recent_.find(key);
  if (recent != recent_.end()) return &*recent;
  const auto settled = settled_->find(key);
  return settled == settled_->end() ? nullptr : &*settled;
}

bool Revocations::ends(const Key& key, core::WallTime began) const {
  const Revocation* found = find(key);
  return found != nullptr && began <= found->until;
}

bool Revocations::is_cut_off(std::string_view issuer, core::WallTime signed_in_at) const {
  const auto cut_off = cut_offs_.find(issuer);
  return cut_off != cut_offs_.end() && signed_in_at <= cut_off->second.moment;
}

bool Revocations::is_revoked(const Identity& who, std::string_view issuer) const {
  using enum RevocationKind;
  if (find({session, {}, who.session_id}) != nullptr) return true;
  const bool names_session = !who.provider_session.empty();
  const Key at_provider{names_session ? provider_session : subject_without_session, issuer,
                        names_session ? who.provider_session : who.subject};
  if (ends(at_provider, who.proven_at) || ends({subject, issuer, who.subject}, who.proven_at)) return true;
  return is_ended_by_operator(who, issuer, who.signed_in_at);
}

bool Revocations::is_ended_by_operator(const Identity& who, std::string_view issuer,
                                       core::WallTime began) const {
  using enum RevocationKind;
  return is_cut_off(issuer, began) || ends({person, issuer, who.subject}, began) ||
         ends({name, issuer, who.user}, began) || ends({name, issuer, who.email}, began);
}

std::size_t Revocations::size() const {
  return settled_->size() + recent_.size();
}

std::shared_ptr<const Revocations> Revocations::with(const Revocation& revocation, core::WallTime now,
                                                     std::size_t limit) const {
  auto next = std::make_shared<Revocations>(*this);
  const bool is_ours = revocation.kind == RevocationKind::session;
  if (is_ours && is_cut_off(revocation.issuer, revocation.until)) return next;
  Revocation entry = revocation;
  if (const Revocation* known = find(key_of(revocation))) {
    if (known->until >= entry.until && known->expires >= entry.expires) return next;
    entry.until = std::max(entry.until, known->until);
    entry.expires = std::max(entry.expires, known->expires);
  }
  next->recent_.erase(entry);
  next->recent_.insert(std::move(entry));
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
  Entries recent = std::move(recent_);
  recent_.clear();
  auto all = std::make_shared<Entries>(*settled_);
  for (const Revocation& entry : recent) all->erase(entry);
  all->merge(recent);
  std::erase_if(*all, [now](const Revocation& entry) { return entry.expires <= now; });
  std::erase_if(cut_offs_, [now](const auto& entry) { return entry.second.expires <= now; });
  settled_ = std::move(all);
}

void Revocations::collapse(core::WallTime now, std::size_t limit) {
  std::map<std::string, std::size_t, std::less<>> counts;
  for (const Revocation& entry : *settled_) ++counts[entry.issuer];
  while (size() > limit && !counts.empty()) {
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    const std::string issuer = most->first;
    counts.erase(most);
    CutOff& cut_off = cut_offs_[issuer];
    auto kept = std::make_shared<Entries>(*settled_);
    std::erase_if(*kept, [&](const Revocation& entry) {
      if (entry.issuer != issuer) return false;
      // Of another clock it is only known that it cannot mean who signs in from now on.
      cut_off.moment = std::max(cut_off.moment, is_by_issuers_clock(entry.kind) ? now : entry.until);
      cut_off.expires = std::max(cut_off.expires, entry.expires);
      return true;
    });
    // Sessions that the cut-off ends may live longer than those that were listed.
    cut_off.expires = std::max(cut_off.expires, now + kCutOffLifetime);
    settled_ = std::move(kept);
  }
}

}  // namespace gateway

#include "gateway/session/personal_tokens.h"

#include <algorithm>
#include <utility>

namespace gateway {

PersonalTokens::Shared PersonalTokens::find(const core::Sha256Digest& hash) const {
  const auto found = by_hash_.find(hash);
  return found == by_hash_.end() ? nullptr : found->second;
}

PersonalTokens::Shared PersonalTokens::find_id(const std::string& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<PersonalTokens::Shared> PersonalTokens::of(const Identity& owner) const {
  std::vector<Shared> list;
  for (const auto& [hash, token] : by_hash_) {
    const bool is_theirs = token->owner->issuer == owner.issuer && token->owner->subject == owner.subject;
    if (is_theirs) list.push_back(token);
  }
  std::ranges::sort(list, [](const Shared& a, const Shared& b) {
    if (a->owner->signed_in_at != b->owner->signed_in_at)
      return a->owner->signed_in_at > b->owner->signed_in_at;
    return a->id() < b->id();
  });
  return list;
}

std::vector<PersonalTokens::Shared> PersonalTokens::all() const {
  std::vector<Shared> list;
  for (const auto& [hash, token] : by_hash_) list.push_back(token);
  return list;
}

std::shared_ptr<const PersonalTokens> PersonalTokens::with(const std::vector<Shared>& tokens,
                                                           core::WallTime now) const {
  std::set<std::string> ids;
  for (const Shared& token : tokens) ids.insert(token->id());
  auto next = std::make_shared<PersonalTokens>(*without(ids, now));
  for (const Shared& token : tokens) {
    next->by_hash_[token->hash] = token;
    next->by_id_[token->id()] = token;
  }
  return next;
}

std::shared_ptr<const PersonalTokens> PersonalTokens::without(const std::set<std::string>& ids,
                                                              core::WallTime now) const {
  auto next = std::make_shared<PersonalTokens>(*this);
  const auto is_over = [&](const auto& entry) {
    return ids.contains(entry.second->id()) || entry.second->owner->expires_at <= now;
  };
  std::erase_if(next->by_hash_, is_over);
  std::erase_if(next->by_id_, is_over);
  return next;
}

}  // namespace gateway

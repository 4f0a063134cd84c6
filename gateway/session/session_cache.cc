#include "gateway/session/session_cache.h"

#include <utility>

namespace gateway {

SessionCache::SessionCache(std::size_t entries, std::size_t bytes)
    : max_entries_(entries), max_bytes_(bytes) {
  by_key_.reserve(entries);
}

CachedSession* SessionCache::find(const core::Sha256Digest& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &found->second->session;
}

CachedSession* SessionCache::insert(const core::Sha256Digest& key, CachedSession session, std::size_t cost) {
  erase(key);
  make_room(cost);
  entries_.push_front({key, std::move(session), cost});
  by_key_.emplace(key, entries_.begin());
  bytes_ += cost;
  return &entries_.front().session;
}

void SessionCache::erase(const core::Sha256Digest& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  bytes_ -= found->second->cost;
  entries_.erase(found->second);
  by_key_.erase(found);
}

void SessionCache::make_room(std::size_t cost) {
  while (!entries_.empty() && (entries_.size() >= max_entries_ || bytes_ + cost > max_bytes_)) {
    bytes_ -= entries_.back().cost;
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

}  // namespace gateway

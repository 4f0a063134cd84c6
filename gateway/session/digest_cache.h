// What a worker keeps by a SHA-256: bounded in entries and bytes, least recently used goes first. Nothing in
// it grows old by itself; its readers judge that.
#pragma once

#include <cstddef>
#include <cstring>
#include <list>
#include <unordered_map>
#include <utility>

#include "core/crypto/digest.h"

namespace gateway {

template <typename Value>
class DigestCache {
 public:
  static constexpr std::size_t kEntries = 8192;
  static constexpr std::size_t kBytes = 16UL * 1024 * 1024;

  explicit DigestCache(std::size_t entries = kEntries, std::size_t bytes = kBytes)
      : max_entries_(entries), max_bytes_(bytes) {
    by_key_.reserve(entries);
  }

  /// Null if it is not there. The pointer is valid until the next insert or erase. No allocation.
  Value* find(const core::Sha256Digest& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->value;
  }

  /// `cost` is about what the entry takes in memory, in bytes. Replaces an entry of the same key.
  Value* insert(const core::Sha256Digest& key, Value value, std::size_t cost) {
    erase(key);
    make_room(cost);
    entries_.push_front({key, std::move(value), cost});
    by_key_.emplace(key, entries_.begin());
    bytes_ += cost;
    return &entries_.front().value;
  }

  void erase(const core::Sha256Digest& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    bytes_ -= found->second->cost;
    entries_.erase(found->second);
    by_key_.erase(found);
  }

  [[nodiscard]] std::size_t size() const { return by_key_.size(); }

 private:
  struct Entry {
    core::Sha256Digest key;
    Value value;
    std::size_t cost;
  };
  struct Hash {
    std::size_t operator()(const core::Sha256Digest& key) const {
      std::size_t value = 0;
      std::memcpy(&value, key.data(), sizeof value);  // already uniform, and nobody can choose it
      return value;
    }
  };

  void make_room(std::size_t cost) {
    while (!entries_.empty() && (entries_.size() >= max_entries_ || bytes_ + cost > max_bytes_)) {
      bytes_ -= entries_.back().cost;
      by_key_.erase(entries_.back().key);
      entries_.pop_back();
    }
  }

  std::size_t max_entries_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<core::Sha256Digest, typename std::list<Entry>::iterator, Hash> by_key_;
};

}  // namespace gateway

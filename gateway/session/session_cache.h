// Sessions that this worker has opened, so that a request costs a hash and a look-up instead of an opening
// and a decoding. Bounded, least recently used goes first. Holds nothing that the cookie did not prove; what
// may change while a session is cached (expiry, idle, revocation, policies) is judged on each request by its
// reader.
#pragma once

#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/crypto/digest.h"
#include "gateway/model/identity.h"

namespace gateway {

struct CachedSession {
  std::shared_ptr<const Identity> identity;
  core::WallTime last_seen;
  bool by_old_key = false;
  bool has_claims = true;       ///< false: the identity is what the cookie says, a store has the rest
  core::WallTime refreshed_at;  ///< of claims from a store: when their provider last said so
  core::WallTime asked_at;      ///< when control was last asked about it
  core::WallTime failed_at;     ///< when that last brought nothing new
  core::WallTime renewed_at;    ///< when a renewed cookie was last given out for this one
  std::uint64_t revocations_generation = 0;  ///< snapshot for which it was found not revoked; 0: none yet
  std::uint64_t policies_generation = 0;     ///< snapshot of policies that `judged` is about
  /// What each policy of that snapshot said, by its index; 0: not judged yet. The guards' own.
  std::vector<std::uint8_t> judged;
};

class SessionCache {
 public:
  static constexpr std::size_t kEntries = 8192;
  static constexpr std::size_t kBytes = 16UL * 1024 * 1024;

  explicit SessionCache(std::size_t entries = kEntries, std::size_t bytes = kBytes);

  /// Null if it is not there. The pointer is valid until the next insert or erase. No allocation.
  CachedSession* find(const core::Sha256Digest& key);
  /// `cost` is about what the entry takes in memory, in bytes. Replaces an entry of the same key.
  CachedSession* insert(const core::Sha256Digest& key, CachedSession session, std::size_t cost);
  void erase(const core::Sha256Digest& key);
  [[nodiscard]] std::size_t size() const { return by_key_.size(); }

 private:
  struct Entry {
    core::Sha256Digest key;
    CachedSession session;
    std::size_t cost;
  };
  struct Hash {
    std::size_t operator()(const core::Sha256Digest& key) const {
      std::size_t value = 0;
      std::memcpy(&value, key.data(), sizeof value);  // already uniform, and nobody can choose it
      return value;
    }
  };
  void make_room(std::size_t cost);

  std::size_t max_entries_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<core::Sha256Digest, std::list<Entry>::iterator, Hash> by_key_;
};

}  // namespace gateway

// All personal tokens as an immutable snapshot: every worker asks it on each
// request that brings one. It knows them by the SHA-256 of their text, which
// nobody can choose near another's, so looking one up tells nothing by its
// time.
#pragma once

#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/crypto/digest.h"
#include "gateway/session/personal_token.h"

namespace gateway {

class PersonalTokens {
 public:
  using Shared = std::shared_ptr<const PersonalToken>;

  /// Null if there is none.
  [[nodiscard]] Shared find(const core::Sha256Digest& hash) const;
  [[nodiscard]] Shared find_id(const std::string& id) const;
  /// Those of one person, the newest first.
  [[nodiscard]] std::vector<Shared> of(const Identity& owner) const;
  [[nodiscard]] std::vector<Shared> all() const;
  [[nodiscard]] std::size_t size() const { return by_hash_.size(); }

  /// This snapshot and more; without some. Those that ended before `now` are left out on the way.
  [[nodiscard]] std::shared_ptr<const PersonalTokens> with(const std::vector<Shared>& tokens,
                                                           core::WallTime now) const;
  [[nodiscard]] std::shared_ptr<const PersonalTokens> without(const std::set<std::string>& ids,
                                                              core::WallTime now) const;

 private:
  struct Hash {
    std::size_t operator()(const core::Sha256Digest& key) const {
      std::size_t value = 0;
      std::memcpy(&value, key.data(), sizeof value);
      return value;
    }
  };
  std::unordered_map<core::Sha256Digest, Shared, Hash> by_hash_;
  std::unordered_map<std::string, Shared> by_id_;
};

}  // namespace gateway

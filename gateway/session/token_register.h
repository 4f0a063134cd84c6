// Control's side of personal tokens: keeps them in storage, so that they outlive a restart and count on every
// replica, and publishes the snapshot that all workers read. Each is sealed under the session keys and bound
// to its key there: who may write to the storage can make no token, nor read whose there are.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/seal.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/published.h"
#include "core/storage/storage.h"
#include "gateway/session/personal_tokens.h"

namespace gateway {

/// Of all persons together, and of one; more are refused.
inline constexpr std::size_t kMaxPersonalTokens = 10'000;
inline constexpr std::size_t kMaxTokensEach = 20;

/// A token that storage is being told of; counted, and ended with others, for as long as this lives: also
/// when who waits for it goes away.
class TokenInMaking {
 public:
  TokenInMaking(std::vector<PersonalTokens::Shared>& all, PersonalTokens::Shared token)
      : all_(all), token_(std::move(token)) {
    all_.push_back(token_);
  }
  ~TokenInMaking() { std::erase(all_, token_); }
  TokenInMaking(const TokenInMaking&) = delete;
  TokenInMaking& operator=(const TokenInMaking&) = delete;

 private:
  std::vector<PersonalTokens::Shared>& all_;
  PersonalTokens::Shared token_;
};

/// All borrowed.
struct TokenRegisterParts {
  core::Storage& storage;
  const core::KeyRing& keys;  ///< the session keys
  core::Random& random;
  const core::Clock& clock;
  const core::Log& log;
};

/// On control's loop; published() may be read from any thread.
class TokenRegister {
 public:
  explicit TokenRegister(TokenRegisterParts parts);

  /// Reads what is in storage; before the workers start. A token that cannot be read opens nothing, and is
  /// logged. None is sealed anew by a newer key, for that could bring back what another replica just ended:
  /// it lives no longer than the key that sealed it.
  core::Flow<> load();
  /// Looks every `interval` for what other replicas have made or revoked; from now on, on `loop`.
  void follow(core::Loop& loop, core::Duration interval);
  /// Keeps it, then publishes it. `refused` if its owner, or all together, have too many, those that are
  /// being made counted.
  core::Flow<> create(PersonalToken token);
  /// Ends it. Published before this waits for anything; a failure of storage is reported all the same, and
  /// made up for as soon as it can be. `not_found` if its owner (issuer and subject) has none of this id.
  core::Flow<> revoke(std::string id, Identity owner);
  /// Ends those of every owner who is meant, as revoke() does, also those that are being made. How many.
  core::Flow<std::size_t> revoke_of(std::function<bool(const Identity& owner)> is_meant);
  [[nodiscard]] const core::Published<PersonalTokens>& published() const { return published_; }
  /// Calls `told` on this thread after each snapshot from now on.
  void tell(std::function<void()> told) { told_ = std::move(told); }
  /// What ended in `before`, which served until now from the same storage, has ended here: also what storage
  /// could not be told yet.
  void take_over(const TokenRegister& before);

 private:
  void publish(std::shared_ptr<const PersonalTokens> next);
  [[nodiscard]] core::Result<core::Done> room_for(const Identity& owner) const;
  core::Flow<> keep(PersonalTokens::Shared token);
  core::Flow<> end(std::set<std::string> ids);
  core::Flow<> remove(std::string id);
  core::Flow<PersonalTokens::Shared> read(std::string key);
  void take_in(const std::set<std::string>& listed, const PersonalTokens& before,
               std::vector<PersonalTokens::Shared> more);
  core::Flow<> look();
  void look_again();
  core::Flow<> say_change();

  TokenRegisterParts parts_;
  core::Sealer sealer_;
  core::Published<PersonalTokens> published_;
  std::function<void()> told_ = [] {};
  std::vector<PersonalTokens::Shared> being_made_;
  // Ended here, and whether storage knows: what a look reads of these is old. A look that began after that
  // forgets them.
  std::map<std::string, bool> ended_;
  std::set<std::string> unreadable_;  // logged once
  std::string seen_change_;           // the mark of the last whole look
  core::SteadyTime whole_look_at_{};  // the next one at the latest
  bool is_blind_ = false;             // storage could not be read the last time
  core::Duration interval_{};
  std::optional<core::Timer> timer_;
  core::RunningFlow<> looking_;
};

}  // namespace gateway

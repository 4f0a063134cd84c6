// A lock of core::Storage for as long as work lasts: taken with a short lease and renewed, so that the work
// of a process that died is taken over soon.
#pragma once

#include <string>

#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"

namespace tls {

inline constexpr core::Duration kLockLease = std::chrono::seconds(20);
/// After this without a renewal its holder counts it as lost: the clock that ends the lease is another's.
inline constexpr core::Duration kLockTrust = std::chrono::seconds(17);
inline constexpr core::Duration kLockRenewal = std::chrono::seconds(5);

/// Owned by the flow that works. Destroyed without release(), the lease runs out by itself.
class HeldLock {
 public:
  /// Borrowed: loop, storage.
  HeldLock(core::Loop& loop, core::Storage& storage, std::string name, std::string holder);

  /// `conflict` if somebody else has it.
  core::Flow<> take();
  core::Flow<> release();
  /// Whether somebody else took it since, or may have: what was worked for may exist already.
  [[nodiscard]] bool is_lost() const { return is_lost_ || loop_.now() >= held_until_; }

 private:
  core::Flow<> renew();

  core::Loop& loop_;
  core::Storage& storage_;
  std::string name_;
  std::string holder_;
  bool is_lost_ = false;
  core::SteadyTime held_until_;  // unless it is renewed
  core::RunningFlow<> renewing_;
};

}  // namespace tls

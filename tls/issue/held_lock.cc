#include "tls/issue/held_lock.h"

#include "core/loop/wait.h"

namespace tls {

using core::Flow;
using core::Result;

HeldLock::HeldLock(core::Loop& loop, core::Storage& storage, std::string name, std::string holder)
    : loop_(loop), storage_(storage), name_(std::move(name)), holder_(std::move(holder)) {}

Flow<> HeldLock::take() {
  const core::SteadyTime asked = loop_.now();
  co_await storage_.lock(name_, holder_, kLockLease);
  held_until_ = asked + kLockTrust;
  renewing_.start(renew(), [](const Result<core::Done>&) {});
  co_return core::done();
}

Flow<> HeldLock::renew() {
  while (!is_lost_) {
    co_await core::sleep_for(loop_, kLockRenewal);
    const core::SteadyTime asked = loop_.now();
    Result<core::Done> renewed = co_await attempt(storage_.lock(name_, holder_, kLockLease));
    if (renewed) held_until_ = asked + kLockTrust;
    // Storage that cannot be reached for a moment is no loss yet: the lease is four renewals long.
    is_lost_ = !renewed && renewed.error().kind == core::ErrorKind::conflict;
  }
  co_return core::done();
}

Flow<> HeldLock::release() {
  renewing_.cancel();
  co_await storage_.unlock(name_, holder_);
  co_return core::done();
}

}  // namespace tls

// Control's side of the account for emergencies: whether a password and a one-time code are right. The code
// of a time step counts once for all replicas of a storage, tries are few, and the password's hash is worked
// out on a thread of its own. What comes of a try is in the audit log whether or not its client waits for it.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "config/types_break_glass.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/secret.h"
#include "core/crypto/random.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/side_thread.h"
#include "core/net/address.h"
#include "core/storage/storage.h"
#include "gateway/model/audit.h"
#include "gateway/model/identity.h"

namespace gateway {

/// In kBreakGlassWindow, of one address (IPv6 by its /64) and of all together; of one replica. Right or
/// wrong: whoever gets in does not try again.
inline constexpr std::size_t kBreakGlassTriesEach = 5;
inline constexpr std::size_t kBreakGlassTries = 30;
inline constexpr std::chrono::minutes kBreakGlassWindow{15};

class BreakGlassLimits {
 public:
  /// Counts a try. False: there were too many.
  bool take(const core::IpAddress& from, core::SteadyTime now);

 private:
  std::map<std::string, std::size_t> tries_;  // by address, in this window; at most kBreakGlassTries
  std::size_t all_tries_ = 0;
  core::SteadyTime window_ends_{};
};

struct BreakGlassTry {
  core::Secret password;
  std::string code;
  core::IpAddress from;
  AuditedRequest request;
};

/// All borrowed.
struct BreakGlassParts {
  const config::BreakGlass& account;
  const std::chrono::seconds& longest;  ///< of any session: login.session.lifetime
  core::Storage& storage;
  core::Loop& loop;  ///< control's
  core::Random& random;
  const core::Clock& clock;
  const core::Log& log;
  const Audit& audit;
};

/// On control's loop.
class BreakGlassCheck {
 public:
  explicit BreakGlassCheck(BreakGlassParts parts);
  /// Who is signed in, with an end and an id of a session that has yet to be begun. `unverified`: password or
  /// code is not right, and which is not told; `refused`: too many tries, `unavailable`: too many at this
  /// moment. What storage cannot say lets nobody in: fails as it does.
  core::Flow<Identity> check(std::shared_ptr<const BreakGlassTry> attempt);
  /// Goes on with the tries of one that served until now.
  void take_over(const BreakGlassCheck& before) { limits_ = before.limits_; }

 private:
  core::Flow<> prove(std::shared_ptr<const BreakGlassTry> attempt);
  core::Flow<> use_up(std::int64_t step);
  core::Flow<> use_up_locked(std::int64_t step);
  [[nodiscard]] Identity account_now() const;

  BreakGlassParts parts_;
  BreakGlassLimits limits_;
  core::SideThread thread_;
};

}  // namespace gateway

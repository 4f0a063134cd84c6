// ActLedger: what the audit noted since the start, for who looks after the gateway: counted, and the last few
// of each kind that matters. The counts name nobody; what is remembered does, so it is shown to the operator
// alone.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "gateway/model/audit_act.h"
#include "gateway/model/identity.h"

namespace gateway {

/// Where something was done. All views.
struct ActPlace {
  core::WallTime when;
  std::string_view id;      ///< of the request
  std::string_view client;  ///< address
  std::string_view host;
  std::string_view path;
};

/// One act as it is remembered; long values are cut.
struct RememberedAct {
  AuditAct act = AuditAct::sign_in;
  core::WallTime when;
  std::string who;       ///< the user's name; empty: nobody who is known
  std::string provider;  ///< or which client; empty: not known
  std::string host;
  std::string client;  ///< address
  std::string reason;
  std::string request_id;
};

struct ActCounts {
  std::array<std::uint64_t, kAuditActs> acts{};  ///< by AuditAct
  /// By provider ("": not known) and outcome ("ok", or the code of a failure), both from bounded sets.
  std::map<std::pair<std::string, std::string>, std::uint64_t> sign_ins;
};

/// Used by all threads, with a lock: nothing is noted for a request that is simply served.
class ActLedger {
 public:
  static constexpr std::size_t kRemembered = 50;  ///< of sign-ins, and of refusals

  /// `identity` null: nobody who is known. Copies what it keeps.
  void note(AuditAct act, const ActPlace& place, const Identity* identity, std::string_view reason);
  void note_failed_sign_in(const ActPlace& place, std::string_view provider, std::string_view code);
  void note(AuditAct act);

  [[nodiscard]] ActCounts counts() const;
  /// The newest first.
  [[nodiscard]] std::vector<RememberedAct> sign_ins() const;
  [[nodiscard]] std::vector<RememberedAct> refusals() const;

 private:
  void count(AuditAct act) { ++counts_.acts[static_cast<std::size_t>(act)]; }
  static void remember(std::deque<RememberedAct>& list, RememberedAct act);

  mutable std::mutex mutex_;
  ActCounts counts_;
  std::deque<RememberedAct> sign_ins_;
  std::deque<RememberedAct> refusals_;
};

}  // namespace gateway

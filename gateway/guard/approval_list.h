// Control's side of approvals: who waits and what was decided, kept in storage so that it outlives a restart
// and is shared by replicas, and published as the snapshot that policies are judged by. Bounded, so that
// strangers with accounts at a provider of everybody fill neither storage nor the page: whoever comes when
// the queue is full is not put into it, and those in it stay.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/types_policy.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"
#include "gateway/guard/approval.h"
#include "gateway/guard/approvals.h"

namespace gateway {

enum class ApprovalAct { approve, reject, withdraw };
/// "approve", "reject", "withdraw".
std::string_view name_of(ApprovalAct act);
std::optional<ApprovalAct> approval_act_named(std::string_view name);

/// What an administrator says about somebody. Withdrawing forgets what was decided: they may ask anew.
struct ApprovalDecision {
  std::string id;                      ///< id_of() of whom it is about
  std::optional<std::string> version;  ///< version_of() what they saw; none: whatever stands now
  ApprovalAct act = ApprovalAct::reject;
  std::optional<core::WallTime> until;  ///< of an approval
  std::string by;                       ///< who decides, for the record
  std::string issuer;                   ///< of who decides; empty: the operator
  std::string subject;
};

/// What became of somebody: what a webhook is told.
enum class ApprovalEvent { requested, approved, rejected, withdrawn };

/// All borrowed but the functions, which are called on control's loop.
struct ApprovalListParts {
  core::Storage& storage;
  const core::Clock& clock;
  const core::Log& log;
  const std::vector<config::Policy>& policies;
  std::function<void(std::shared_ptr<const Approvals>)> publish;
  std::function<void(ApprovalEvent, const Approval&)> told;
};

class ApprovalList {
 public:
  static constexpr std::size_t kMaxWaiting = 1000;
  static constexpr std::size_t kMaxWaitingOfIssuer = 500;
  static constexpr std::size_t kMaxDecided = 20'000;

  explicit ApprovalList(ApprovalListParts parts);

  /// Reads what is in storage; before the workers start. An entry that cannot be read is logged and approves
  /// nobody.
  core::Flow<> load();
  /// Looks every `interval` for what other replicas have decided, and for approvals that are over; from now
  /// on, on `loop`.
  void follow(core::Loop& loop, core::Duration interval);
  /// Puts somebody into the queue, unless they are in it or something was decided. `too_large` when it is
  /// full.
  core::Flow<> ask(Approval request);
  /// `not_found`, `conflict` if something else stands by now, `refused` for oneself. A rejection acts before
  /// this waits for storage, an approval once storage has it.
  core::Flow<Approval> decide(ApprovalDecision decision);
  /// Of every policy, in the order in which they asked.
  [[nodiscard]] std::vector<Approval> all() const;

 private:
  [[nodiscard]] std::optional<std::size_t> policy_named(std::string_view name) const;
  [[nodiscard]] core::Result<void> room_for(const Approval& request) const;
  [[nodiscard]] core::Result<Approval> decided(const ApprovalDecision& decision) const;
  bool take(const Approval& approval);
  bool drop_over();
  void drop_gone(const std::set<std::string>& known, const std::set<std::string>& listed);
  void publish();
  core::Flow<> keep(Approval approval);
  core::Flow<> forget(Approval approval);
  core::Flow<> say_changed(std::string key);
  core::Flow<> look();
  void looked(const core::Result<core::Done>& outcome);

  ApprovalListParts parts_;
  std::map<std::string, Approval> standing_;  // what stands of each person, by id_of()
  std::set<std::string> known_;               // keys in storage that were looked at
  std::string seen_change_;                   // the mark of the last whole look
  core::SteadyTime whole_look_at_{};          // the next one at the latest
  bool is_blind_ = false;                     // storage could not be read the last time
  core::Duration interval_{};
  std::optional<core::Timer> timer_;
  core::RunningFlow<> looking_;
};

}  // namespace gateway

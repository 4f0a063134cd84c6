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
#include "core/crypto/random.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"
#include "gateway/guard/approval.h"
#include "gateway/guard/approval_decision.h"
#include "gateway/guard/approvals.h"

namespace gateway {

/// All borrowed but the functions, which are called on control's loop.
struct ApprovalListParts {
  core::Storage& storage;
  core::Random& random;
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
  ~ApprovalList() { *self_ = nullptr; }
  ApprovalList(const ApprovalList&) = delete;
  ApprovalList& operator=(const ApprovalList&) = delete;

  /// Reads what is in storage; before the workers start. An entry that cannot be read is logged and approves
  /// nobody.
  core::Flow<> load();
  /// From the list of the configuration before this one's: what stands by it (an approval only if storage had
  /// it as well), what storage does not have yet, and from now on what is still decided by it. Requires:
  /// load() has ended, follow() has not begun.
  void take_over(ApprovalList& before);
  /// Looks at once and then every `interval` for what other replicas have decided, and for approvals that are
  /// over; tries again what storage has refused. On `loop`.
  void follow(core::Loop& loop, core::Duration interval);
  /// Puts somebody into the queue, unless they are in it or something was decided. `too_large` when it is
  /// full, `conflict` while somebody decides about them.
  core::Flow<> ask(Approval request, AuditNote note);
  /// `not_found`, `conflict` if something else stands by now or is being decided, `refused` for oneself. An
  /// approval acts once storage has it. A rejection and a withdrawal act at once; if storage refuses them,
  /// that is the error, and they are tried again until it has them. MUST be let run to its end: who has asked
  /// may go, what has begun may not.
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
  void act(const Approval& next, bool is_withdrawn);
  void hand_on(const std::string& id);
  [[nodiscard]] bool is_held(const std::string& id) const;
  [[nodiscard]] std::vector<std::string> keys_of(const std::string& id) const;
  core::Flow<> keep(Approval approval);
  core::Flow<> settle(std::string id);
  core::Flow<> forget(std::vector<std::string> keys);
  core::Flow<> say_changed(std::string key);
  core::Flow<> look();
  void looked(const core::Result<core::Done>& outcome);

  /// What acts already and storage does not have.
  struct Unkept {
    Approval next;
    bool is_withdrawn = false;
    std::vector<std::string> keys;  ///< to be removed: what is put later stays
  };
  /// One decision about a person at a time.
  class Turn {
   public:
    Turn(ApprovalList& list, std::string id) : list_(list), id_(std::move(id)) {
      list_.busy_->insert(id_);
      list_.touched_.insert(id_);
    }
    ~Turn() { list_.busy_->erase(id_); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    ApprovalList& list_;
    std::string id_;
  };

  ApprovalListParts parts_;
  std::shared_ptr<ApprovalList*> self_;       // of the list before this one, which may outlive it
  std::shared_ptr<ApprovalList*> successor_;  // null: none yet
  /// Of whom something is being put or removed, here or by the list before this one.
  std::shared_ptr<std::set<std::string>> busy_;
  std::map<std::string, Approval> standing_;  // what stands of each person, by id_of()
  std::set<std::string> known_;               // keys in storage that were looked at
  std::map<std::string, Unkept> unkept_;      // by id_of()
  std::set<std::string> touched_;             // and of whom it was since the last listing began
  std::string seen_change_;                   // the mark of the last whole look
  core::SteadyTime whole_look_at_{};          // the next one at the latest
  bool is_blind_ = false;                     // storage could not be read the last time
  core::Duration interval_{};
  std::optional<core::Timer> timer_;
  core::RunningFlow<> looking_;
};

}  // namespace gateway

// What an administrator, or the operator, says about somebody who asked for access.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "gateway/guard/approval.h"
#include "gateway/model/audit.h"

namespace gateway {

enum class ApprovalAct { approve, reject, withdraw };
/// "approve", "reject", "withdraw".
std::string_view name_of(ApprovalAct act);
std::optional<ApprovalAct> approval_act_named(std::string_view name);

/// Withdrawing forgets what was decided: they may ask anew.
struct ApprovalDecision {
  std::string id;                      ///< id_of() of whom it is about
  std::optional<std::string> version;  ///< version_of() what they saw; none: whatever stands now
  ApprovalAct act = ApprovalAct::reject;
  std::optional<core::WallTime> until;  ///< of an approval
  std::string by;                       ///< who decides, for the record
  std::string issuer;                   ///< of who decides; empty: the operator
  std::string subject;
  AuditNote note;  ///< of who decides; called once, on control's loop, if it may be made
};

/// What became of somebody: what a webhook is told.
enum class ApprovalEvent { requested, approved, rejected, withdrawn };
ApprovalEvent event_of(ApprovalAct act);

/// The audit line of one decision, or of one request. Written by end(), else by the destructor: what was
/// begun is never without one, even if the process ends before storage has answered.
class ApprovalLine {
 public:
  ApprovalLine(AuditNote note, AuditAct act, std::string text)
      : note_(std::move(note)), act_(act), text_(std::move(text)) {}
  /// Of a decision after which `next` stands.
  ApprovalLine(const ApprovalDecision& decision, const Approval& next);
  ~ApprovalLine() { write(": not finished"); }
  ApprovalLine(const ApprovalLine&) = delete;
  ApprovalLine& operator=(const ApprovalLine&) = delete;

  void end(bool is_kept) { write(is_kept ? "" : ": not kept"); }

 private:
  void write(std::string_view end);

  AuditNote note_;
  AuditAct act_;
  std::string text_;
};

}  // namespace gateway

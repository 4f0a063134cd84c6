// The audit log: who came in, who was kept out and why, and whose sessions were ended. Each is one line of
// its own file (log.audit) or of the events, written whatever log.level is; never a token, a cookie or a
// query.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/log.h"
#include "gateway/model/act_ledger.h"
#include "gateway/model/audit_act.h"
#include "gateway/model/identity.h"
#include "gateway/model/request.h"

namespace gateway {

/// What a line says of its request; owned, for a flow that may outlive it.
struct AuditedRequest {
  std::string id;
  std::string client;
  std::string host;
  std::string path;
  core::WallTime now;
  AuditedRequest() = default;
  explicit AuditedRequest(const Request& request);
};

/// A line of the audit log that another thread writes, of somebody who may be gone by then.
using AuditNote = std::function<void(AuditAct act, std::string_view reason)>;

/// One a process, shared by all threads; `log`, which writes at every level, and `ledger` are borrowed.
class Audit {
 public:
  /// `ledger` null: nobody counts.
  explicit Audit(const core::Log& log, ActLedger* ledger = nullptr) : log_(log), ledger_(ledger) {}
  /// `reason`: a code or sentence of ours, or the name of the policy that decided.
  void note(AuditAct act, const Request& request, std::string_view reason = {}) const;
  void note(AuditAct act, const Request& request, const Identity& identity,
            std::string_view reason = {}) const;
  void note(AuditAct act, const AuditedRequest& request, std::string_view reason) const;
  void note(AuditAct act, const AuditedRequest& request, const Identity& identity,
            std::string_view reason) const;
  /// The same for later: keeps of the request what the line needs. May be called on any thread.
  [[nodiscard]] AuditNote for_later(const Request& request, const Identity& identity) const;
  /// Something the operator did; there is no request.
  void note(AuditAct act, std::string_view what) const;
  /// `provider`: at which; empty: it is not known. `code`: one of ours, why.
  void note_failed_sign_in(const Request& request, std::string_view provider, std::string_view code) const;

 private:
  void write(AuditAct act, const ActPlace& place, std::string_view reason) const;
  void write(AuditAct act, const ActPlace& place, const Identity& identity, std::string_view reason) const;

  const core::Log& log_;
  ActLedger* ledger_;
};

}  // namespace gateway

// The audit log: who came in, who was kept out and why, and whose sessions were ended. Each is one line of
// its own file (log.audit) or of the events, written whatever log.level is; never a token, a cookie or a
// query.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/log.h"
#include "gateway/model/identity.h"
#include "gateway/model/request.h"

namespace gateway {

enum class AuditAct : std::uint8_t {
  sign_in,              ///< a session began
  sign_in_failed,       ///< what came back from a provider, or from our own hand-over, did not count
  sign_out,             ///< by the person
  provider_logout,      ///< by the provider: back-channel or front-channel
  logout_refused,       ///< a logout token that does not count
  denied,               ///< known, and not let in by the route's policy
  pending,              ///< known, and waiting for approval
  token_refused,        ///< a bearer token that does not count
  token_created,        ///< a personal token was made; `session` is its id
  device_allowed,       ///< somebody said yes to a device; at which address is its reason
  device_denied,        ///< the same, no
  token_revoked,        ///< a personal token was ended by whose it is, or by the operator
  sessions_revoked,     ///< by the operator
  access_requested,     ///< somebody waits for an administrator
  access_approved,      ///< by an administrator, or the operator
  access_rejected,      ///< the same
  access_withdrawn,     ///< the same: what was decided is forgotten
  break_glass,          ///< a session began by the account for emergencies; a warning
  break_glass_refused,  ///< somebody tried to begin one; a warning
};

/// What a line says of its request; owned, for a flow that may outlive it.
struct AuditedRequest {
  std::string id;
  std::string client;
  std::string host;
  std::string path;
  AuditedRequest() = default;
  explicit AuditedRequest(const Request& request);
};

/// One a configuration, shared by all threads; `log` is borrowed and writes at every level.
class Audit {
 public:
  explicit Audit(const core::Log& log) : log_(log) {}
  /// `reason`: a code or sentence of ours, or the name of the policy that decided.
  void note(AuditAct act, const Request& request, std::string_view reason = {}) const;
  void note(AuditAct act, const Request& request, const Identity& identity,
            std::string_view reason = {}) const;
  void note(AuditAct act, const AuditedRequest& request, std::string_view reason) const;
  void note(AuditAct act, const AuditedRequest& request, const Identity& identity,
            std::string_view reason) const;
  /// Something the operator did; there is no request.
  void note(AuditAct act, std::string_view what) const;

 private:
  const core::Log& log_;
};

}  // namespace gateway

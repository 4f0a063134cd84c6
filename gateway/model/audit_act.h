// What the audit knows of: each is something that somebody did, or was refused.
#pragma once

#include <cstdint>
#include <string_view>

namespace gateway {

enum class AuditAct : std::uint8_t {
  sign_in,           ///< a session began
  sign_in_failed,    ///< what came back from a provider, or from our own hand-over, did not count
  sign_out,          ///< by the person
  provider_logout,   ///< by the provider: back-channel or front-channel
  logout_refused,    ///< a logout token that does not count
  denied,            ///< known, and not let in by the route's policy
  pending,           ///< known, and waiting for approval
  token_refused,     ///< a bearer token that does not count
  request_refused,   ///< nobody's sign-in: a form, sign-out or WebSocket that another site's page can make a
                     ///< browser send, a cookie or question of ours that does not open
  token_created,     ///< a personal token was made; `session` is its id
  device_allowed,    ///< somebody said yes to a device; at which address is its reason
  device_denied,     ///< the same, no
  token_revoked,     ///< a personal token was ended by whose it is, or by the operator
  sessions_revoked,  ///< by the operator
  access_requested,  ///< somebody waits for an administrator
  access_approved,   ///< by an administrator, or the operator
  access_rejected,   ///< the same
  access_withdrawn,  ///< the same: what was decided is forgotten
  break_glass,       ///< a session began by the account for emergencies; a warning
  break_glass_refused,  ///< somebody tried to begin one; a warning
  log_level_changed,    ///< by the operator, or back by a reload: what the log says from now on
};

inline constexpr std::size_t kAuditActs = static_cast<std::size_t>(AuditAct::log_level_changed) + 1;
/// As the audit log says it.
std::string_view name_of(AuditAct act);

}  // namespace gateway

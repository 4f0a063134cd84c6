// `gateway sessions`, as a running gateway does it: whose there are, and an end to them.
#pragma once

#include <memory>

#include "config/types_access.h"
#include "core/base/clock.h"
#include "gateway/model/audit.h"
#include "gateway/run/control_command.h"
#include "gateway/session/revocation_list.h"
#include "gateway/session/session_register.h"
#include "gateway/session/token_register.h"

namespace gateway {

/// All borrowed; they outlive the command.
struct SessionCommandParts {
  RevocationList& revocations;
  const config::Login& login;
  const core::Clock& clock;
  const Audit& audit;
  SessionRegister& known;
  TokenRegister* tokens = nullptr;  ///< null: login.tokens is off
};

/// A line each on the way: its id, whose, since when and until when, from where roughly.
std::unique_ptr<ControlCommand> make_list_sessions(SessionCommandParts parts);
/// Ends every session of a person, or of everybody, that began until now, and the personal tokens: here
/// before it waits for anything, and fails if storage cannot keep that. Or one session, by its id.
std::unique_ptr<ControlCommand> make_revoke_sessions(SessionCommandParts parts);

}  // namespace gateway

// `gateway sessions revoke`, as a running gateway does it.
#pragma once

#include <memory>

#include "config/types_access.h"
#include "core/base/clock.h"
#include "gateway/model/audit.h"
#include "gateway/run/control_command.h"
#include "gateway/session/revocation_list.h"
#include "gateway/session/token_register.h"

namespace gateway {

/// All borrowed; they outlive the command.
struct SessionCommandParts {
  RevocationList& revocations;
  const config::Login& login;
  const core::Clock& clock;
  const Audit& audit;
  TokenRegister* tokens = nullptr;  ///< null: login.tokens is off
};

/// Ends every session of a person, or of everybody, that began until now, and the personal tokens: here
/// before it waits for anything, and fails if storage cannot keep that.
std::unique_ptr<ControlCommand> make_revoke_sessions(SessionCommandParts parts);

}  // namespace gateway

// What an operator may have done with the personal tokens of a running gateway: see whose there are, end one.
// Those of a person end with `sessions revoke` (session_commands.h).
#pragma once

#include <memory>

#include "gateway/model/audit.h"
#include "gateway/run/control_command.h"
#include "gateway/session/token_register.h"

namespace gateway {

/// Borrowed.
struct TokenCommandParts {
  TokenRegister* tokens = nullptr;  ///< null: login.tokens is off
  const Audit& audit;
};

/// A line each on the way: its id, whose, until when, its name, its places. Never the token, which nobody
/// has.
std::unique_ptr<ControlCommand> make_list_tokens(TokenCommandParts parts);
/// Ends the one of an id: here before it waits for anything, and fails if storage cannot keep that.
std::unique_ptr<ControlCommand> make_revoke_token(TokenCommandParts parts);

}  // namespace gateway

// `gateway login https://HOST`: the terminal's side of a device login (RFC 8628): shows a code, waits until
// its owner has allowed it in a browser, and keeps the token.
#pragma once

#include "gateway/run/command_line.h"

namespace gateway {

/// Writes the token to a file that only its user reads, or to standard output; all else goes to standard
/// error. The exit status: 0 there is a token, 1 there is none.
int login_command(const Command& command);

}  // namespace gateway

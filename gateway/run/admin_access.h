// Who may see what of the admin listener. Health and metrics name nobody and are anybody's who reaches it;
// all else is the operator's: by the Unix socket, whose callers the kernel names, or by listen.admin_token.
#pragma once

#include "core/base/secret.h"
#include "core/http/message.h"

namespace gateway {

/// How a connection came.
enum class AdminDoor {
  address,  ///< over TCP, or by the socket as neither root nor the gateway's user
  socket,   ///< by the Unix socket as root or the gateway's own user
};

enum class AdminAccess {
  granted,
  unproven,  ///< a token is wanted, and there is none or a wrong one
  closed,    ///< there is no token in the file: only the socket opens this
};

/// Authorization: Bearer TOKEN, or Basic with any user name and the token as password, for browsers.
/// `token` empty: none opens anything.
AdminAccess admin_access(const core::RequestHead& head, AdminDoor door, const core::Secret& token);

/// Whether a POST cannot be a page's of a stranger: JSON, which a browser asks leave for, and no Origin but
/// this listener's own.
bool is_own_post(const core::RequestHead& head);

}  // namespace gateway

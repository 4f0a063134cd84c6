// The library's session with our options and callbacks, for the sources of this folder only.
#pragma once

#include "core/http/h2_server_session.h"

namespace core {

/// Upload windows: until a handler asks for the body, and from then on; and of all streams together, which is
/// the most of request bodies that a connection holds.
inline constexpr std::int32_t kH2WindowBefore = 65'535;
inline constexpr std::int32_t kH2WindowReceiving = 512 * 1024;
inline constexpr std::int32_t kH2WindowOfConnection = 1024 * 1024;
/// Of all responses, that the client's windows and socket did not take.
inline constexpr std::size_t kH2MostKept = std::size_t{1024} * 1024;

/// A server's, its SETTINGS queued. `server` is told by the callbacks; never null.
H2NativePointer make_h2_native(H2Server& server, const ServerLimits& limits);

}  // namespace core

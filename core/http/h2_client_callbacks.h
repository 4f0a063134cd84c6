// The library's client session with our options and callbacks, for the sources of this folder only.
#pragma once

#include "core/http/h2_client_session.h"

namespace core {

/// Of a response: at first, which is the most that is held for a client that does not read; and once its
/// client took kH2WideAfter bytes.
inline constexpr std::int32_t kH2OriginWindow = 65'535;
inline constexpr std::int32_t kH2OriginWideWindow = 512 * 1024;
inline constexpr std::uint64_t kH2WideAfter = 1024 * 1024;
/// Of the connection: given back at once, since a client that does not read must not stop the others.
inline constexpr std::int32_t kH2OriginConnectionWindow = 16 * 1024 * 1024;

/// A client's, its preface and SETTINGS queued. `client` is told by the callbacks.
H2NativePointer make_h2_client_native(H2Client& client);

}  // namespace core

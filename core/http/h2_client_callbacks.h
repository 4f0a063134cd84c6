// The library's client session with our options and callbacks, for the sources of this folder only.
#pragma once

#include "core/http/h2_client_session.h"

namespace core {

/// Of a response: at first, which is the most that is held for a client that does not read; and once its
/// client took kH2WideAfter bytes, of as many streams at a time as kH2WideStreams.
inline constexpr std::int32_t kH2OriginWindow = 65'535;
inline constexpr std::int32_t kH2OriginWideWindow = 512 * 1024;
inline constexpr std::uint64_t kH2WideAfter = 1024 * 1024;
inline constexpr std::size_t kH2WideStreams = 16;
/// What all streams of a connection may hold together.
inline constexpr std::int32_t kH2MostHeld =
    static_cast<std::int32_t>(kH2OriginStreams) * kH2OriginWindow +
    static_cast<std::int32_t>(kH2WideStreams) * (kH2OriginWideWindow - kH2OriginWindow);
/// Of the connection. It is given back as clients take, and told only when half of it was: twice what the
/// streams may hold, so that clients that do not read never stop one that does.
inline constexpr std::int32_t kH2OriginConnectionWindow = 2 * kH2MostHeld;

/// A client's, its preface and SETTINGS queued. `client` is told by the callbacks.
H2NativePointer make_h2_client_native(H2Client& client);

}  // namespace core

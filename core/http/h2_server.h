// ServerSession for HTTP/2 (RFC 9113, priorities by RFC 9218) on a ByteStream that TLS with ALPN "h2" has
// made: h2c is not served, and :scheme must be https. The frames are nghttp2's; what clients may do with them
// is bounded here (ServerLimits, H2FloodGuard), and their requests are as strictly read as HTTP/1's
// (h2_fields.h).
//
// Flow control is the handlers' back-pressure: WINDOW_UPDATE is sent for bytes that a handler took. drain()
// announces GOAWAY, sends it a round trip later and ends with the last stream.
#pragma once

#include <memory>

#include "core/http/limits.h"
#include "core/http/session.h"
#include "core/loop/loop.h"
#include "core/net/stream.h"

namespace core {

/// `limits` and `owner` must outlive the session.
std::unique_ptr<ServerSession> make_h2_server(Loop& loop, std::unique_ptr<ByteStream> stream,
                                              const ServerLimits& limits, ServerSessionOwner& owner);

}  // namespace core

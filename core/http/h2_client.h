// ClientSession for HTTP/2 (RFC 9113, on nghttp2) on a ByteStream, many exchanges at once. An origin that
// breaks the protocol, or sends what moves nothing on without end (h2_flood_guard.h), loses its connection;
// one bad response costs its stream alone. Pushes are refused.
#pragma once

#include <memory>

#include "core/http/limits.h"
#include "core/http/session.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/wait.h"
#include "core/net/stream.h"

namespace core {

/// What carries the connection: requests say so in :scheme (RFC 9113 section 8.3.1).
enum class H2Carrier { plain, tls };

struct H2ClientOptions {
  const ClientLimits& limits;  ///< must outlive the session
  H2Carrier carrier = H2Carrier::tls;
};

/// Says our preface. It is open (and its owner is told on_idle()) once the origin's SETTINGS have come, so
/// that its limits hold from the first request.
std::unique_ptr<ClientSession> make_h2_client(Loop& loop, std::unique_ptr<ByteStream> stream,
                                              const H2ClientOptions& options);

/// The same, when it is open; without an owner. Errors, all Retry::safe: unsupported (no HTTP/2 there),
/// closed, timed_out, unavailable (the origin allows no streams).
Flow<std::unique_ptr<ClientSession>> open_h2_client(Loop& loop, std::unique_ptr<ByteStream> stream,
                                                    H2ClientOptions options, Deadline deadline);

}  // namespace core

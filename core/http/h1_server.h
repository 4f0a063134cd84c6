// ServerSession for HTTP/1.1 (RFC 9112) on a ByteStream: keep-alive, pipelining (answered in order),
// 100-continue, chunked both ways, upgrades; every limit of ServerLimits. What two parsers could read
// differently is refused with one answer and the connection closed in stages (section 9.6).
#pragma once

#include <memory>

#include "core/http/limits.h"
#include "core/http/session.h"
#include "core/loop/loop.h"
#include "core/net/stream.h"

namespace core {

/// `limits` and `owner` must outlive the session.
std::unique_ptr<ServerSession> make_h1_server(Loop& loop, std::unique_ptr<ByteStream> stream,
                                              const ServerLimits& limits, ServerSessionOwner& owner);

}  // namespace core

// ClientSession for HTTP/1.1 (RFC 9112) on a ByteStream. A response that two parsers could read differently
// fails the exchange and the connection; bytes that nobody asked for close it.
#pragma once

#include <memory>

#include "core/http/limits.h"
#include "core/http/session.h"
#include "core/loop/loop.h"
#include "core/net/stream.h"

namespace core {

/// `limits` must outlive the session. set_owner() comes before start().
std::unique_ptr<ClientSession> make_h1_client(Loop& loop, std::unique_ptr<ByteStream> stream,
                                              const ClientLimits& limits);

}  // namespace core

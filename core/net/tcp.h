// ByteStream on a socket (TCP or Unix): non-blocking, TCP_NODELAY, edge-triggered; after a short read it does
// not ask again until an edge comes.
#pragma once

#include <memory>
#include <utility>

#include "core/loop/loop.h"
#include "core/net/address.h"
#include "core/net/stream.h"

namespace core {

/// Takes ownership of a connected, non-blocking socket. Destroying the stream closes it.
std::unique_ptr<ByteStream> make_tcp_stream(Loop& loop, int socket);

/// Two connected streams of this loop (socketpair), for tests and in-process peers.
std::pair<std::unique_ptr<ByteStream>, std::unique_ptr<ByteStream>> make_stream_pair(Loop& loop);

}  // namespace core

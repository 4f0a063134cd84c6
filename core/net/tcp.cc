// The makers of socket streams.
#include "core/net/tcp.h"

#include <sys/socket.h>

#include <array>

#include "core/base/check.h"
#include "core/net/tcp_stream.h"

namespace core {

std::unique_ptr<ByteStream> make_tcp_stream(Loop& loop, int socket) {
  return std::make_unique<TcpStream>(loop, socket, TcpStream::Phase::connected);
}

std::pair<std::unique_ptr<ByteStream>, std::unique_ptr<ByteStream>> make_stream_pair(Loop& loop) {
  std::array<int, 2> ends{};
  CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
  return {make_tcp_stream(loop, ends[0]), make_tcp_stream(loop, ends[1])};
}

}  // namespace core

// Opening a listening socket, with errors that say how to mend them.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "core/net/listener.h"
#include "core/net/socket_address.h"

namespace core {
namespace {

// The kernel takes the smaller of this and net.core.somaxconn.
constexpr int kBacklog = 4096;

std::unexpected<Error> cannot_listen(const Endpoint& endpoint, std::string_view why) {
  return failure(ErrorKind::refused, Side::configuration,
                 "cannot listen on " + endpoint.text() + ": " + std::string(why));
}

std::unexpected<Error> cannot_bind(const Endpoint& endpoint, int error) {
  switch (error) {
    case EADDRINUSE:
      if (!endpoint.unix_path.empty())
        return cannot_listen(endpoint, "another process answers there; stop it or choose another path");
      return cannot_listen(
          endpoint, "another program is there already; stop it (`ss -ltnp` shows it) or choose another port");
    case EACCES:
      if (!endpoint.unix_path.empty()) return cannot_listen(endpoint, "no right to write to its folder");
      return cannot_listen(endpoint,
                           "no right to use a port below 1024; grant CAP_NET_BIND_SERVICE (systemd: "
                           "AmbientCapabilities=CAP_NET_BIND_SERVICE) or choose a port above 1023");
    case EADDRNOTAVAIL:
      return cannot_listen(endpoint, "this address is not on this machine (`ip addr` shows those that are)");
    case EAFNOSUPPORT:
      return cannot_listen(endpoint, "this machine has IPv6 switched off; listen on an IPv4 address");
    case ENOENT:
      return cannot_listen(endpoint, "its folder does not exist");
    default:
      return cannot_listen(endpoint, std::generic_category().message(error));
  }
}

/// True when `endpoint` is a Unix socket that a dead program has left behind, and has been removed.
bool removes_stale_socket(const Endpoint& endpoint, const SocketAddress& address) {
  struct stat found{};
  if (endpoint.unix_path.empty() || ::lstat(endpoint.unix_path.c_str(), &found) != 0 ||
      !S_ISSOCK(found.st_mode)) {
    return false;
  }
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return false;
  const bool is_refused = ::connect(probe, address.get(), address.length) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  return is_refused && ::unlink(endpoint.unix_path.c_str()) == 0;
}

void set_on(int socket, int level, int option) {
  const int on = 1;
  ::setsockopt(socket, level, option, &on, sizeof on);
}

std::optional<int> option_of(int socket, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  if (::getsockopt(socket, SOL_SOCKET, option, &value, &length) != 0) return std::nullopt;
  return value;
}

/// Accepted sockets inherit TCP_NODELAY on Linux: one call a listener instead of one a connection.
void set_inherited_options(int socket) {
  set_on(socket, IPPROTO_TCP, TCP_NODELAY);
}

}  // namespace

Result<ListeningSocket> ListeningSocket::open(const Endpoint& endpoint, Sharing sharing) {
  const Result<SocketAddress> address = SocketAddress::of(endpoint);
  if (!address.has_value()) return failure(address.error());
  ListeningSocket opened(::socket(address->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (opened.descriptor_ < 0) return cannot_bind(endpoint, errno);
  if (address->family() != AF_UNIX) {
    set_on(opened.descriptor_, SOL_SOCKET, SO_REUSEADDR);
    if (sharing == Sharing::reuse_port) set_on(opened.descriptor_, SOL_SOCKET, SO_REUSEPORT);
    set_inherited_options(opened.descriptor_);
  }
  if (address->family() == AF_INET6) {
    const int off = 0;
    ::setsockopt(opened.descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  // Before the bind, so that the name never stands there with other rights.
  if (address->family() == AF_UNIX && ::fchmod(opened.descriptor_, S_IRUSR | S_IWUSR) != 0) {
    return cannot_bind(endpoint, errno);
  }
  const auto bind = [&] { return ::bind(opened.descriptor_, address->get(), address->length) == 0; };
  if (!bind()) {
    const int error = errno;
    const bool may_try_again = error == EADDRINUSE && removes_stale_socket(endpoint, *address);
    if (!may_try_again || !bind()) return cannot_bind(endpoint, error);
  }
  if (::listen(opened.descriptor_, kBacklog) != 0) return cannot_bind(endpoint, errno);
  return opened;
}

Result<ListeningSocket> ListeningSocket::adopt(int descriptor) {
  if (option_of(descriptor, SO_TYPE) != SOCK_STREAM || option_of(descriptor, SO_ACCEPTCONN) != 1) {
    return failure(ErrorKind::refused, Side::configuration,
                   "descriptor " + std::to_string(descriptor) +
                       " is not a listening stream socket (systemd: ListenStream=, with Accept=no)");
  }
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
    return failure(ErrorKind::internal, Side::us, "fcntl: " + std::generic_category().message(errno));
  }
  set_inherited_options(descriptor);
  return ListeningSocket(descriptor);
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

ListeningSocket::~ListeningSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<Endpoint> ListeningSocket::local() const {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address.storage), &address.length) != 0) {
    return failure(ErrorKind::internal, Side::us, "getsockname: " + std::generic_category().message(errno));
  }
  return Endpoint::from_sockaddr(address.get(), address.length);
}

}  // namespace core

// Endpoint to sockaddr and back.
#include "core/net/socket_address.h"

#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace core {
namespace {

Endpoint unix_endpoint(const sockaddr_un& address, std::size_t path_bytes) {
  Endpoint endpoint;
  if (path_bytes == 0) {
    endpoint.unix_path = "unnamed";
  } else if (address.sun_path[0] == '\0') {
    endpoint.unix_path = "@" + std::string(address.sun_path + 1, path_bytes - 1);
  } else {
    endpoint.unix_path = std::string(address.sun_path, strnlen(address.sun_path, path_bytes));
  }
  return endpoint;
}

template <typename Address>
SocketAddress stored(const Address& address, std::size_t length) {
  SocketAddress result;
  std::memcpy(&result.storage, &address, sizeof address);
  result.length = static_cast<socklen_t>(length);
  return result;
}

}  // namespace

Result<SocketAddress> SocketAddress::of(const Endpoint& endpoint) {
  if (!endpoint.unix_path.empty()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (endpoint.unix_path.size() >= sizeof address.sun_path) {
      return failure(ErrorKind::too_large, Side::configuration,
                     endpoint.unix_path + ": a Unix socket's path has at most 107 bytes");
    }
    endpoint.unix_path.copy(address.sun_path, endpoint.unix_path.size());
    return stored(address, offsetof(sockaddr_un, sun_path) + endpoint.unix_path.size() + 1);
  }
  if (endpoint.ip.is_v4()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, endpoint.ip.bytes().data(), sizeof address.sin_addr);
    return stored(address, sizeof address);
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(endpoint.port);
  std::memcpy(&address.sin6_addr, endpoint.ip.bytes().data(), sizeof address.sin6_addr);
  return stored(address, sizeof address);
}

Result<Endpoint> Endpoint::from_sockaddr(const sockaddr* address, unsigned length) {
  Endpoint endpoint;
  if (length >= sizeof(sockaddr_in) && address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    endpoint.ip = IpAddress::v4(bytes);
    endpoint.port = ntohs(v4.sin_port);
    return endpoint;
  }
  if (length >= sizeof(sockaddr_in6) && address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    endpoint.ip = IpAddress::v6(bytes);
    endpoint.port = ntohs(v6.sin6_port);
    return endpoint;
  }
  if (length >= offsetof(sockaddr_un, sun_path) && length <= sizeof(sockaddr_un) &&
      address->sa_family == AF_UNIX) {
    sockaddr_un named{};
    std::memcpy(&named, address, length);
    return unix_endpoint(named, length - offsetof(sockaddr_un, sun_path));
  }
  return failure(ErrorKind::unsupported, Side::us, "a socket address that is neither IP nor Unix");
}

std::string Endpoint::text() const {
  if (!unix_path.empty()) return "unix:" + unix_path;
  const std::string host = ip.is_v4() ? ip.text() : "[" + ip.text() + "]";
  return host + ":" + std::to_string(port);
}

}  // namespace core

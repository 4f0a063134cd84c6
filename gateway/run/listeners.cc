#include "gateway/run/listeners.h"

#include <array>
#include <utility>

namespace gateway {
namespace {

/// The endpoint of an address of the file. Without an address: IPv6 and IPv4 on one socket, or IPv4 where the
/// machine has no IPv6.
core::Result<OpenListener> open_address(const config::ListenAddress& address, Entry entry, unsigned workers) {
  core::Endpoint endpoint;
  endpoint.port = address.port;
  if (address.ip) {
    endpoint.ip = *address.ip;
    return open_listener(endpoint, entry, workers);
  }
  endpoint.ip = core::IpAddress::v6(std::array<std::uint8_t, 16>{});
  core::Result<OpenListener> both = open_listener(endpoint, entry, workers);
  if (both || both.error().kind != core::ErrorKind::unsupported) return both;
  endpoint.ip = core::IpAddress::v4({0, 0, 0, 0});
  return open_listener(endpoint, entry, workers);
}

}  // namespace

core::Result<OpenListener> open_listener(const core::Endpoint& endpoint, Entry entry, unsigned workers) {
  if (endpoint.port != 0) {
    // Sockets that share a port share it with another process of this user as well, which would then get half
    // of the connections unnoticed.
    const core::Result<core::ListeningSocket> alone =
        core::ListeningSocket::open(endpoint, core::ListeningSocket::Sharing::alone);
    if (!alone) return core::failure(alone.error());
  }
  OpenListener listener;
  listener.entry = entry;
  core::Endpoint next = endpoint;
  for (unsigned i = 0; i < workers; ++i) {
    core::Result<core::ListeningSocket> socket =
        core::ListeningSocket::open(next, core::ListeningSocket::Sharing::reuse_port);
    if (!socket) return core::failure(std::move(socket.error()));
    core::Result<core::Endpoint> local = socket->local();
    if (!local) return core::failure(std::move(local.error()));
    next = *local;  // port 0: the other workers listen on the port that the first was given
    listener.local = *local;
    listener.sockets.push_back(std::move(*socket));
  }
  return listener;
}

core::Result<std::vector<OpenListener>> open_listeners(const config::Listen& listen, unsigned workers) {
  std::vector<OpenListener> listeners;
  const std::array<std::pair<const std::vector<config::ListenAddress>*, Entry>, 2> kinds = {
      {{&listen.https, Entry::https}, {&listen.http, Entry::redirect}}};
  for (const auto& [addresses, entry] : kinds) {
    for (const config::ListenAddress& address : *addresses) {
      core::Result<OpenListener> opened = open_address(address, entry, workers);
      if (!opened) return core::failure(std::move(opened.error()));
      listeners.push_back(std::move(*opened));
    }
  }
  return listeners;
}

}  // namespace gateway

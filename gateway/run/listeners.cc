#include "gateway/run/listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
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

bool is_wildcard(const core::IpAddress& ip) {
  const auto& bytes = ip.bytes();
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool is_address(const config::ListenAddress& address, const core::Endpoint& local) {
  if (!local.unix_path.empty() || local.port != address.port) return false;
  return address.ip ? *address.ip == local.ip : is_wildcard(local.ip);
}

/// Moves those of `inherited` that are `address` to `listeners`: for ":443" there may be one for IPv6 and one
/// for IPv4.
void take_inherited(const config::ListenAddress& address, Entry entry,
                    std::vector<InheritedSocket>& inherited, std::vector<OpenListener>& listeners) {
  const auto first = static_cast<std::ptrdiff_t>(listeners.size());
  for (auto each = inherited.begin(); each != inherited.end();) {
    if (!is_address(address, each->local)) {
      ++each;
      continue;
    }
    const auto is_it = [&each](const OpenListener& listener) {
      return listener.is_inherited && listener.local == each->local;
    };
    auto listener = std::find_if(listeners.begin() + first, listeners.end(), is_it);
    if (listener == listeners.end()) {
      listeners.push_back(
          {.entry = entry, .address = address, .local = each->local, .sockets = {}, .is_inherited = true});
      listener = std::prev(listeners.end());
    }
    listener->sockets.push_back(std::move(each->socket));
    each = inherited.erase(each);
  }
}

using AddressKind = std::pair<const std::vector<config::ListenAddress>*, Entry>;

std::array<AddressKind, 3> kinds_of(const config::Listen& listen) {
  return {{{&listen.https, Entry::https}, {&listen.http, Entry::redirect}, {&listen.plain, Entry::plain}}};
}

std::unexpected<core::Error> no_such_address(const InheritedSocket& inherited) {
  return core::failure(
      core::ErrorKind::refused, core::Side::configuration,
      fmt::format("inherited a listening socket for {} ({}), but no listen address is that; add it to "
                  "listen.https, http or plain, or take it out of the socket unit",
                  inherited.local.text(), inherited.name));
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

core::Result<std::vector<OpenListener>> open_listeners(const config::Listen& listen, unsigned workers,
                                                       std::vector<InheritedSocket> inherited,
                                                       const std::vector<OpenListener>& open) {
  std::vector<OpenListener> listeners;
  for (const auto& [addresses, entry] : kinds_of(listen)) {
    for (const config::ListenAddress& address : *addresses) {
      const auto is_it = [&address, wanted = entry](const OpenListener& other) {
        return other.entry == wanted && other.address == address;
      };
      if (std::ranges::any_of(open, is_it)) continue;
      const std::size_t before = listeners.size();
      take_inherited(address, entry, inherited, listeners);
      if (listeners.size() != before) continue;
      core::Result<OpenListener> opened = open_address(address, entry, workers);
      if (!opened) return core::failure(std::move(opened.error()));
      opened->address = address;
      listeners.push_back(std::move(*opened));
    }
  }
  const auto stranger = std::ranges::find(inherited, false, &InheritedSocket::is_of_predecessor);
  if (stranger != inherited.end()) return no_such_address(*stranger);
  return listeners;
}

std::vector<int> OpenListener::descriptors_of(std::size_t worker, std::size_t workers) const {
  if (sockets.size() <= workers) return {sockets[worker % sockets.size()].descriptor()};
  std::vector<int> own;
  for (std::size_t i = worker; i < sockets.size(); i += workers) own.push_back(sockets[i].descriptor());
  return own;
}

bool is_wanted(const OpenListener& listener, const config::Listen& listen) {
  for (const auto& [addresses, entry] : kinds_of(listen)) {
    if (entry == listener.entry && std::ranges::find(*addresses, listener.address) != addresses->end())
      return true;
  }
  return false;
}

}  // namespace gateway

// Opens streams to where an origin, provider or authority lives. TLS is a Connector around a Connector
// (tls/connector).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/loop/flow.h"
#include "core/loop/wait.h"
#include "core/net/resolver.h"
#include "core/net/stream.h"
#include "core/text/url.h"

namespace core {

/// A host as configuration or a URL names it: a DNS name or IP literal (no brackets) with port, or a Unix
/// path.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
  std::string unix_path;
  std::string certificate_name = {};  ///< whom TLS asks for and verifies instead of `host`; empty: host
  std::string greeting =
      {};  ///< sent in front of all else, TLS included: a PROXY header; at most kMaxGreetingBytes
  Addresses addresses = {};  ///< of `host`, where the caller knows them; empty: the resolver is asked
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

/// Where what `url` names is served.
HostPort host_port_of(const Url& url);

/// What any fresh socket takes at once.
inline constexpr std::size_t kMaxGreetingBytes = 256;

class Connector {
 public:
  virtual ~Connector() = default;
  /// A connected stream, ready for bytes. Errors: unreachable, timed_out, unverified (TLS), all Retry::safe.
  virtual Flow<std::unique_ptr<ByteStream>> connect(HostPort to, Deadline deadline) = 0;
};

/// TCP and Unix sockets. All addresses of a name are tried, families interleaved, the next after 250 ms or at
/// a failure (RFC 8305); the first that connects wins.
std::unique_ptr<Connector> make_tcp_connector(Loop& loop, Resolver& resolver);

}  // namespace core

// Who stands in for everybody outside while a configuration is rehearsed: names have no addresses, and a
// connection ends in a note of the request that came over it. Nothing here opens a socket.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/loop/loop.h"
#include "core/net/connector.h"
#include "core/net/resolver.h"
#include "core/net/stream.h"

namespace gateway {

/// A request as it would have left the process.
struct SentRequest {
  std::string place;  ///< host:port, or the path of a Unix socket
  std::string bytes;  ///< the head; what is rehearsed has no body
};

/// What comes over the connections of one kind, and what is said to it. Outlives them.
struct Counterpart {
  std::vector<SentRequest> heard;
  std::string answer;  ///< whole HTTP/1.1 response; empty: nobody can be reached
};

/// A resolver that knows nobody.
std::unique_ptr<core::Resolver> make_resolver_of_nobody();
/// Every connection leads to `peer`, which answers the first request on it and ends. Both are borrowed.
std::unique_ptr<core::Connector> make_connector_to(core::Loop& loop, Counterpart& peer);

/// What a client sent and what it was answered; outlives its stream.
struct StandInClient {
  std::string sending;
  std::string received;
  bool was_ended = false;  ///< by our side
};
/// The client's connection as the gateway accepts it.
std::unique_ptr<core::ByteStream> make_client_stream(core::Loop& loop, StandInClient& client);

}  // namespace gateway

// The header of the PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): what a balancer writes
// in front of a connection's own bytes to say where it came from. Pure: bytes to a value, no I/O; whom to
// believe is decided by others, and the header is never looked for on a connection that may not carry one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/net/address.h"

namespace core {

/// Section 2.1: the longest line of version 1, its line end included.
inline constexpr std::size_t kMaxProxyV1Bytes = 107;
/// The longest header of version 2 that is taken, its TLVs included. The addresses end at 232 bytes; TLVs
/// that balancers send (names, ids, a certificate's subject) stay far below the rest.
inline constexpr std::size_t kMaxProxyV2Bytes = 4096;

struct ProxyHeader {
  struct Ends {
    Endpoint source;       ///< the client
    Endpoint destination;  ///< what the client connected to
    friend bool operator==(const Ends&, const Ends&) = default;
  };
  /// None: the connection's own addresses count (LOCAL, UNKNOWN, UNSPEC, a Unix socket).
  std::optional<Ends> ends;
};

struct ProxyReading {
  enum class State {
    needs_more,  ///< a header has begun, or nothing came yet
    complete,
    absent,  ///< these bytes begin no header
    malformed,
  };
  State state = State::needs_more;
  std::size_t size = 0;  ///< of a complete header, in bytes; what follows is the connection's own
  ProxyHeader header;
  std::string_view why;  ///< malformed: a sentence, none of the bytes in it
};

/// Reads the header that `begun` starts with; `begun` is all of the connection so far. It is decided at the
/// latest after kMaxProxyV2Bytes. Strict: version 1 in its one spelling, ports without leading zeros; of
/// version 2 only streams, lengths that hold what they must. TLVs are skipped (their lengths must add up),
/// and what LOCAL and UNKNOWN carry is ignored, as the specification asks.
ProxyReading read_proxy_header(std::string_view begun);

/// A header of version 2 without TLVs, at most 52 bytes. Ends of different families are told as IPv6; ends
/// that are no IP addresses as unknown.
std::string proxy_v2_header(const ProxyHeader::Ends& ends);
/// The same for a connection of our own, which speaks for nobody (LOCAL, section 2.2).
std::string proxy_v2_local_header();

}  // namespace core

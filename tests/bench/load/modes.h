// The modes of the load generator: each runs one kind of load to its end and prints one line of JSON. A
// response that is not what was asked for ends the program with status 1.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

struct Options {
  std::uint16_t port = 0;
  std::string host = "localhost";
  std::string path = "/";
  std::string cookie;  ///< empty: none
  double seconds = 3;
  unsigned connections = 64;
  double rate = 2000;       ///< open-loop: requests a second over all connections
  std::uint64_t bytes = 0;  ///< transfer: of each upload (0: downloads); sockets: of each message
  bool resume = false;      ///< handshakes: with a ticket
};

/// The fields of a request that every mode sends, without the empty line.
std::string requestHead(const Options& options, const std::string& method);

/// New connections with one request each, `connections` at once: {"connections", "resumed", "seconds"}.
void handshakes(const Options& options);
/// Requests at times that do not wait for answers: {"requests", "seconds", "p50", "p99", "p999", "max"},
/// microseconds from the time due.
void openLoop(const Options& options);
/// Downloads or uploads, one after the other on each connection: {"bytes", "requests", "seconds"}.
void transfer(const Options& options);
/// WebSocket messages, one on its way on each connection: {"messages", "seconds"}.
void sockets(const Options& options);
/// Idle connections: each line of standard input is a number; that many have made one request when it is
/// printed back.
void hold(const Options& options);

}  // namespace bench

// What every mode of the load generator stands on: an event loop, and a TLS 1.3 client connection to a port
// of 127.0.0.1 whose bytes go to whoever started it. Not a client for the world: one cipher suite, one group,
// no verification (the driver proves who answers).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;

namespace bench {

class Connection;

using Clock = std::chrono::steady_clock;

/// Ends the program with status 1 and this text: a load that fails measures nothing.
[[noreturn]] void fail(std::string_view why);

/// What a mode does with its connections. A connection must not be destroyed by its own events.
class Events {
 public:
  virtual ~Events() = default;
  /// The handshake is over.
  virtual void connected(Connection& connection) = 0;
  virtual void received(Connection& connection, std::string_view bytes) = 0;
  /// The server has closed; usually a failure.
  virtual void ended(Connection& connection) = 0;
};

/// epoll, and nothing else.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Waits at most `limit` for events and hands them out.
  void turn(std::chrono::nanoseconds limit);
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// The settings of all connections: TLS 1.3, TLS_AES_128_GCM_SHA256, X25519; a ticket that arrives is given
/// to its connection.
class Tls {
 public:
  Tls();
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;
  ssl_ctx_st* get() const { return settings_; }

 private:
  ssl_ctx_st* settings_;
};

/// A ticket of the server, shared by the connections that resume with it.
using Session = std::shared_ptr<ssl_session_st>;

struct Place {
  Loop& loop;
  const Tls& tls;
  std::uint16_t port;
  std::string name;  ///< in the handshake
};

class Connection {
 public:
  /// Starts to connect; `resume` may be null. `number` is the caller's own.
  Connection(const Place& place, Events& events, unsigned number, const Session& resume);
  /// Says goodbye and closes.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Sends, or keeps what the socket does not take yet.
  void send(std::string_view bytes);
  /// Sends `head` and then so many bytes that mean nothing.
  void sendWithBody(std::string_view head, std::uint64_t bytes);

  unsigned number() const { return number_; }
  bool wasResumed() const;
  /// The newest ticket; null when none came.
  const Session& ticket() const { return ticket_; }

 private:
  friend class Loop;
  friend class Tls;
  void ready(std::uint32_t events);
  void handshake();
  void readAll();
  void writeAll();
  void watch(bool writable);

  Loop& loop_;
  Events& events_;
  unsigned number_;
  int socket_;
  ssl_st* tls_;
  Session ticket_;
  std::string output_;
  std::uint64_t body_ = 0;
  bool isConnected_ = false;
  bool isOver_ = false;
  bool watchesWriting_ = true;
};

}  // namespace bench

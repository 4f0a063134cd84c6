// The mode "sockets": WebSocket echo over TLS (RFC 6455), one masked text message on its way on each
// connection. The mask is zero and the answer of the handshake is taken by its status alone: the origin is
// ours, the proxy between must not care.
#include <cstdio>
#include <memory>
#include <vector>

#include "tests/bench/load/connection.h"
#include "tests/bench/load/modes.h"

namespace bench {

namespace {

constexpr std::size_t kLongestShort = 125;  // RFC 6455 section 5.2: a length of seven bits

class Sockets final : public Events {
 public:
  explicit Sockets(const Options& options)
      : options_(options), place_{loop_, tls_, options.port, options.host}, lanes_(options.connections) {
    if (options.bytes == 0 || options.bytes > kLongestShort) fail("messages have 1 to 125 bytes");
    request_ = requestHead(options, "GET") + "Origin: https://" + options.host + ":" +
               std::to_string(options.port) +
               "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
               "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    message_ = std::string("\x81", 1) + static_cast<char>(0x80 | options.bytes) + std::string(4, '\0') +
               std::string(options.bytes, 'x');
  }

  void run() {
    for (unsigned i = 0; i < lanes_.size(); ++i)
      lanes_[i].connection = std::make_unique<Connection>(place_, *this, i, Session());
    while (open_ < lanes_.size()) loop_.turn(std::chrono::seconds(1));
    const auto began = Clock::now();
    until_ =
        began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
    for (Lane& lane : lanes_) lane.connection->send(message_);
    while (running_ > 0) loop_.turn(std::chrono::seconds(1));
    const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
    std::printf("{\"messages\": %lu, \"seconds\": %f}\n", messages_, seconds);
  }

 private:
  struct Lane {
    std::unique_ptr<Connection> connection;
    std::string head;
    bool isOpen = false;
    std::size_t received = 0;
  };

  void connected(Connection& connection) override { connection.send(request_); }
  void received(Connection& connection, std::string_view bytes) override {
    Lane& lane = lanes_[connection.number()];
    if (!lane.isOpen) return open(lane, bytes);
    lane.received += bytes.size();
    if (lane.received < 2 + options_.bytes) return;
    lane.received = 0;
    ++messages_;
    if (Clock::now() < until_) return connection.send(message_);
    --running_;
  }
  void open(Lane& lane, std::string_view bytes) {
    lane.head += bytes;
    if (!lane.head.ends_with("\r\n\r\n")) return;
    if (!lane.head.starts_with("HTTP/1.1 101")) fail(lane.head.substr(0, lane.head.find('\r')));
    lane.isOpen = true;
    ++open_;
    ++running_;
  }
  void ended(Connection& /*connection*/) override { fail("a socket was closed"); }

  const Options& options_;
  Loop loop_;
  Tls tls_;
  Place place_;
  std::string request_;
  std::string message_;
  std::vector<Lane> lanes_;
  Clock::time_point until_;
  std::size_t open_ = 0;
  std::size_t running_ = 0;
  unsigned long messages_ = 0;
};

}  // namespace

void sockets(const Options& options) {
  Sockets(options).run();
}

}  // namespace bench

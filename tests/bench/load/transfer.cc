// The mode "transfer": bodies one after the other on each connection, downloads of what the path gives or
// uploads of `bytes`.
#include <cstdio>
#include <memory>
#include <vector>

#include "tests/bench/load/connection.h"
#include "tests/bench/load/modes.h"
#include "tests/bench/load/responses.h"

namespace bench {

namespace {

class Transfer final : public Events {
 public:
  explicit Transfer(const Options& options)
      : options_(options), place_{loop_, tls_, options.port, options.host}, lanes_(options.connections) {
    const bool isUpload = options.bytes > 0;
    request_ = requestHead(options, isUpload ? "POST" : "GET");
    if (isUpload)
      request_ +=
          "Content-Type: application/octet-stream\r\nContent-Length: " + std::to_string(options.bytes) +
          "\r\n";
    request_ += "\r\n";
  }

  void run() {
    const auto began = Clock::now();
    until_ =
        began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
    for (unsigned i = 0; i < lanes_.size(); ++i)
      lanes_[i].connection = std::make_unique<Connection>(place_, *this, i, Session());
    running_ = lanes_.size();
    while (running_ > 0) loop_.turn(std::chrono::seconds(1));
    const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
    std::uint64_t bytes = requests_ * options_.bytes;
    for (const Lane& lane : lanes_) bytes += options_.bytes > 0 ? 0 : lane.responses.bodyBytes();
    std::printf("{\"bytes\": %lu, \"requests\": %lu, \"seconds\": %f}\n", bytes, requests_, seconds);
  }

 private:
  struct Lane {
    std::unique_ptr<Connection> connection;
    Responses responses;
  };

  void connected(Connection& connection) override { connection.sendWithBody(request_, options_.bytes); }
  void received(Connection& connection, std::string_view bytes) override {
    if (lanes_[connection.number()].responses.take(bytes) == 0) return;
    ++requests_;
    // What has begun is finished, so that every byte that the proxy worked for is counted.
    if (Clock::now() < until_) return connection.sendWithBody(request_, options_.bytes);
    --running_;
  }
  void ended(Connection& /*connection*/) override { fail("a connection was closed"); }

  const Options& options_;
  Loop loop_;
  Tls tls_;
  Place place_;
  std::string request_;
  std::vector<Lane> lanes_;
  Clock::time_point until_;
  std::size_t running_ = 0;
  std::uint64_t requests_ = 0;
};

}  // namespace

void transfer(const Options& options) {
  Transfer(options).run();
}

}  // namespace bench

// The mode "handshakes": connections that make one request and go, full or resumed with the ticket that the
// last one of their place got. A ticket is used once (RFC 8446 appendix C.4).
#include <cstdio>
#include <memory>
#include <vector>

#include "tests/bench/load/connection.h"
#include "tests/bench/load/modes.h"
#include "tests/bench/load/responses.h"

namespace bench {

namespace {

class Handshakes final : public Events {
 public:
  explicit Handshakes(const Options& options)
      : options_(options),
        place_{loop_, tls_, options.port, options.host},
        request_(requestHead(options, "GET") + "\r\n"),
        visits_(options.connections) {}

  void run() {
    const auto began = Clock::now();
    const auto until = began + std::chrono::duration<double>(options_.seconds);
    for (unsigned i = 0; i < visits_.size(); ++i) start(i);
    while (running_ > 0) {
      loop_.turn(std::chrono::seconds(1));
      const bool goesOn = Clock::now() < until;
      for (const unsigned number : finished_) {
        finish(number);
        if (goesOn) start(number);
      }
      finished_.clear();
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
    std::printf("{\"connections\": %lu, \"resumed\": %lu, \"seconds\": %f}\n", count_, resumed_, seconds);
  }

 private:
  struct Visit {
    std::unique_ptr<Connection> connection;
    Responses responses;
    Session ticket;
  };

  void start(unsigned number) {
    Visit& visit = visits_[number];
    visit.connection =
        std::make_unique<Connection>(place_, *this, number, options_.resume ? visit.ticket : Session());
    ++running_;
  }

  void finish(unsigned number) {
    Visit& visit = visits_[number];
    ++count_;
    if (visit.connection->wasResumed()) ++resumed_;
    visit.ticket = visit.connection->ticket();
    visit.connection.reset();
    --running_;
  }

  void connected(Connection& connection) override { connection.send(request_); }
  void received(Connection& connection, std::string_view bytes) override {
    if (visits_[connection.number()].responses.take(bytes) > 0) finished_.push_back(connection.number());
  }
  void ended(Connection& /*connection*/) override { fail("a connection was closed before its answer"); }

  const Options& options_;
  Loop loop_;
  Tls tls_;
  Place place_;
  std::string request_;
  std::vector<Visit> visits_;
  std::vector<unsigned> finished_;
  unsigned running_ = 0;
  unsigned long count_ = 0;
  unsigned long resumed_ = 0;
};

}  // namespace

void handshakes(const Options& options) {
  Handshakes(options).run();
}

}  // namespace bench

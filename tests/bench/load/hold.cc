// The mode "hold": idle keep-alive connections, as many as each line of standard input says. The end of the
// input ends it; a connection that the server closed meanwhile is a failure.
#include <cstdio>
#include <deque>
#include <iostream>
#include <string>

#include "tests/bench/load/connection.h"
#include "tests/bench/load/modes.h"
#include "tests/bench/load/responses.h"

namespace bench {

namespace {

constexpr std::size_t kHandshakesAtOnce = 32;

class Hold final : public Events {
 public:
  explicit Hold(const Options& options)
      : place_{loop_, tls_, options.port, options.host}, request_(requestHead(options, "GET") + "\r\n") {}

  void run() {
    std::string line;
    while (std::getline(std::cin, line)) {
      const std::size_t wanted = std::stoul(line);
      while (answered_ < wanted) {
        while (kept_.size() < wanted && kept_.size() - answered_ < kHandshakesAtOnce)
          kept_.emplace_back(place_, *this, static_cast<unsigned>(kept_.size()));
        loop_.turn(std::chrono::seconds(1));
      }
      std::printf("%zu\n", answered_);
      std::fflush(stdout);
    }
    loop_.turn(std::chrono::seconds(0));
  }

 private:
  struct Kept {
    Kept(const Place& place, Events& events, unsigned number)
        : connection(place, events, number, Session()) {}
    Connection connection;
    Responses responses;
  };

  void connected(Connection& connection) override { connection.send(request_); }
  void received(Connection& connection, std::string_view bytes) override {
    answered_ += kept_[connection.number()].responses.take(bytes);
  }
  void ended(Connection& /*connection*/) override { fail("an idle connection was closed"); }

  Loop loop_;
  Tls tls_;
  Place place_;
  std::string request_;
  std::deque<Kept> kept_;
  std::size_t answered_ = 0;
};

}  // namespace

void hold(const Options& options) {
  Hold(options).run();
}

}  // namespace bench

// The mode "open-loop": requests are due at random times of a fixed rate (exponential gaps, the same in every
// run) and take turns on the connections. The time counts from when a request was due, so a server that
// stalls pays for all that should have been sent.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "tests/bench/load/connection.h"
#include "tests/bench/load/modes.h"
#include "tests/bench/load/responses.h"

namespace bench {

namespace {

class OpenLoop final : public Events {
 public:
  explicit OpenLoop(const Options& options)
      : options_(options),
        place_{loop_, tls_, options.port, options.host},
        request_(requestHead(options, "GET") + "\r\n"),
        lanes_(options.connections) {}

  void run() {
    for (unsigned i = 0; i < lanes_.size(); ++i) {
      lanes_[i].connection = std::make_unique<Connection>(place_, *this, i, Session());
      while (connected_ <= i) loop_.turn(std::chrono::seconds(1));
    }
    const auto began = Clock::now();
    const auto until =
        began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
    Clock::time_point due = next(began);
    while (due < until || waiting_ > 0) {
      for (; due < until && due <= Clock::now(); due = next(due)) ask(due);
      loop_.turn(due < until ? due - Clock::now() : std::chrono::seconds(1));
    }
    print(std::chrono::duration<double>(Clock::now() - began).count());
  }

 private:
  struct Lane {
    std::unique_ptr<Connection> connection;
    Responses responses;
    std::deque<Clock::time_point> due;  ///< the first is on its way
  };

  Clock::time_point next(Clock::time_point last) {
    return last + std::chrono::duration_cast<Clock::duration>(
                      std::chrono::duration<double>(gaps_(random_) / options_.rate));
  }

  void ask(Clock::time_point due) {
    Lane& lane = lanes_[turn_++ % lanes_.size()];
    ++waiting_;
    lane.due.push_back(due);
    if (lane.due.size() == 1) lane.connection->send(request_);
  }

  void print(double seconds) {
    std::ranges::sort(micros_);
    const auto at = [&](double share) {
      return micros_[std::min(micros_.size() - 1,
                              static_cast<std::size_t>(share * static_cast<double>(micros_.size())))];
    };
    std::printf(
        "{\"requests\": %zu, \"seconds\": %f, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"max\": %.1f}\n",
        micros_.size(), seconds, at(0.5), at(0.99), at(0.999), micros_.back());
  }

  void connected(Connection& /*connection*/) override { ++connected_; }
  void received(Connection& connection, std::string_view bytes) override {
    Lane& lane = lanes_[connection.number()];
    if (lane.responses.take(bytes) == 0) return;
    micros_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - lane.due.front()).count());
    lane.due.pop_front();
    --waiting_;
    if (!lane.due.empty()) connection.send(request_);
  }
  void ended(Connection& /*connection*/) override { fail("a connection was closed"); }

  const Options& options_;
  Loop loop_;
  Tls tls_;
  Place place_;
  std::string request_;
  std::vector<Lane> lanes_;
  std::vector<double> micros_;
  std::mt19937_64 random_{20};  // NOLINT: the same times in every run
  std::exponential_distribution<double> gaps_{1.0};
  unsigned connected_ = 0;
  std::size_t turn_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace

void openLoop(const Options& options) {
  OpenLoop(options).run();
}

}  // namespace bench

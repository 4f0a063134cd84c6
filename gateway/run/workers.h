// Workers: all worker threads as one, for control. What is asked of each is posted to its loop; answers are
// counted on control's.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "gateway/run/listeners.h"
#include "gateway/run/worker.h"

namespace gateway {

/// Ports of those that serve https.
std::vector<std::uint16_t> https_ports_of(const std::vector<OpenListener>& listeners);

/// On control's loop, which outlives it.
class Workers {
 public:
  /// Makes shared.workers of them. Nothing runs yet.
  Workers(core::Loop& control, const WorkerShared& shared);
  /// Waits for the threads. Requires: stop(), if they were started.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  [[nodiscard]] std::size_t count() const { return workers_.size(); }
  /// Has all of them make what it takes to serve by `generation`. Fails with the first error, and then all
  /// have forgotten it.
  core::Flow<> prepare(std::shared_ptr<Generation> generation, std::vector<std::uint16_t> https_ports);
  /// All of them serve by what was prepared, on `listeners` and no others. `closed` lives until none of them
  /// accepts from it any more.
  void take_over(const std::vector<OpenListener>& listeners, std::vector<OpenListener> closed);
  /// All of them drain no more, and serve on `listeners` as before.
  void come_back(const std::vector<OpenListener>& listeners);
  void start();

  void become_unready();
  void measure_lag();
  /// What each has counted, in their order.
  [[nodiscard]] std::vector<const Traffic*> counted() const;
  void look_at_standing();
  /// `answered` is called on control's loop when every worker's has turned.
  void ask_all(std::function<void()> answered);
  /// The steps are called on control's loop when all have done them.
  void drain(const DrainSteps& steps);
  /// `told` is called on control's loop with how many sockets of all were told.
  void say_goodbye(std::function<void(std::size_t count)> told);
  void stop();

 private:
  using Entrances = std::vector<std::vector<Entrance>>;
  [[nodiscard]] std::shared_ptr<const Entrances> entrances_of(
      const std::vector<OpenListener>& listeners) const;
  void on_each(const std::function<void(Worker& worker, std::size_t index)>& action);

  core::Loop& control_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
};

}  // namespace gateway

#include "gateway/run/workers.h"

#include <fmt/format.h>

#include <utility>

#include "core/loop/signals.h"
#include "core/loop/wait.h"

namespace gateway {
namespace {

/// Calls `then` when it was called `count` times. On one thread.
std::function<void()> after_all(std::size_t count, std::function<void()> then) {
  return [left = std::make_shared<std::size_t>(count), then = std::move(then)] {
    if (--*left == 0) then();
  };
}

/// The answers of all workers to prepare(). Shared with what is under way: a flow that ends early hears no
/// more of them.
struct Preparing {
  std::size_t left = 0;
  core::Result<void> outcome;
  core::OneShot<> cell;

  void note(core::Result<void> one) {
    if (!one && outcome) outcome = core::failure(std::move(one.error()));
    if (--left != 0) return;
    core::Result<core::Done> all = core::done();
    if (!outcome) all = core::failure(std::move(outcome.error()));
    cell.deliver(std::move(all));
  }
};

core::Flow<> answer_of(std::shared_ptr<Preparing> preparing) {
  co_await preparing->cell;
  co_return core::done();
}

}  // namespace

std::vector<std::uint16_t> https_ports_of(const std::vector<OpenListener>& listeners) {
  std::vector<std::uint16_t> ports;
  for (const OpenListener& listener : listeners) {
    if (listener.entry == Entry::https) ports.push_back(listener.local.port);
  }
  return ports;
}

Workers::Workers(core::Loop& control, const WorkerShared& shared) : control_(control) {
  for (unsigned i = 0; i < shared.workers; ++i) workers_.push_back(std::make_unique<Worker>(shared));
}

Workers::~Workers() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

/// Before the threads run, on this one.
void Workers::on_each(const std::function<void(Worker& worker, std::size_t index)>& action) {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = *workers_[i];
    if (threads_.empty()) {
      action(worker, i);
    } else {
      worker.post([action, &worker, i] { action(worker, i); });
    }
  }
}

core::Flow<> Workers::prepare(std::shared_ptr<Generation> generation,
                              std::vector<std::uint16_t> https_ports) {
  const auto preparing = std::make_shared<Preparing>();
  preparing->left = workers_.size();
  core::Loop& control = control_;
  const auto prepare_one = [preparing, &control, generation, https_ports](Worker& worker, std::size_t) {
    auto outcome = std::make_shared<core::Result<void>>(worker.prepare(generation, https_ports));
    control.post([preparing, outcome] { preparing->note(std::move(*outcome)); });
  };
  on_each(prepare_one);
  const core::Result<core::Done> outcome = co_await core::attempt(answer_of(preparing));
  const auto give_up_one = [](Worker& worker, std::size_t) { worker.give_up(); };
  if (!outcome) on_each(give_up_one);
  co_return outcome;
}

/// Those of each, in their order.
std::shared_ptr<const Workers::Entrances> Workers::entrances_of(
    const std::vector<OpenListener>& listeners) const {
  auto entrances = std::make_shared<Entrances>(workers_.size());
  for (unsigned i = 0; i < workers_.size(); ++i) {
    for (const OpenListener& listener : listeners)
      for (const int descriptor : listener.descriptors_of(i, workers_.size()))
        (*entrances)[i].push_back({descriptor, listener.entry});
  }
  return entrances;
}

void Workers::come_back(const std::vector<OpenListener>& listeners) {
  const auto entrances = entrances_of(listeners);
  on_each([entrances](Worker& worker, std::size_t index) { worker.come_back((*entrances)[index]); });
}

void Workers::take_over(const std::vector<OpenListener>& listeners, std::vector<OpenListener> closed) {
  const auto entrances = entrances_of(listeners);
  const auto held = std::make_shared<std::vector<OpenListener>>(std::move(closed));
  on_each([entrances, held](Worker& worker, std::size_t index) { worker.take_over((*entrances)[index]); });
}

void Workers::start() {
  const core::SignalShelter shelter;  // signals are control's
  for (const auto& worker : workers_) {
    threads_.emplace_back([&worker] { worker->run(); });
    pthread_setname_np(threads_.back().native_handle(), fmt::format("worker-{}", threads_.size()).c_str());
  }
}

void Workers::become_unready() {
  for (const auto& worker : workers_) worker->become_unready();
}

void Workers::measure_lag() {
  for (const auto& worker : workers_) worker->measure_lag();
}

std::vector<const Traffic*> Workers::counted() const {
  std::vector<const Traffic*> all;
  for (const auto& worker : workers_) all.push_back(&worker->counted());
  return all;
}

void Workers::look_at_standing() {
  for (const auto& worker : workers_) worker->look_at_standing();
}

void Workers::ask_all(std::function<void()> answered) {
  const std::function<void()> all = after_all(workers_.size(), std::move(answered));
  core::Loop& control = control_;
  for (const auto& worker : workers_) worker->post([&control, all] { control.post(all); });
}

void Workers::drain(const DrainSteps& steps) {
  const std::function<void()> stopped = after_all(workers_.size(), steps.stopped_accepting);
  const std::function<void()> ended = after_all(workers_.size(), steps.drained);
  core::Loop& control = control_;
  for (const auto& worker : workers_) {
    worker->drain({.stopped_accepting = [&control, stopped] { control.post(stopped); },
                   .drained = [&control, ended] { control.post(ended); },
                   .patience = steps.patience});
  }
}

void Workers::say_goodbye(std::function<void(std::size_t count)> told) {
  const auto sum = std::make_shared<std::size_t>(0);
  const std::function<void()> all = after_all(workers_.size(), [sum, told = std::move(told)] { told(*sum); });
  core::Loop& control = control_;
  for (const auto& worker : workers_) {
    worker->say_goodbye([&control, sum, all](std::size_t count) {
      control.post([sum, all, count] {
        *sum += count;
        all();
      });
    });
  }
}

void Workers::stop() {
  for (const auto& worker : workers_) worker->stop();
}

}  // namespace gateway

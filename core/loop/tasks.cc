// Tasks: two lists, of the running and of the ended; a task moves from one to the other and never in memory.
#include "core/loop/tasks.h"

#include <iterator>
#include <utility>

namespace core {

struct Tasks::Task final : FlowWaiter {
  Task(Tasks& t, std::string n, Flow<> f) : tasks(t), name(std::move(n)), flow(std::move(f)) {}
  void flow_ended() override { tasks.ended(*this); }

  Tasks& tasks;
  std::string name;
  Flow<> flow;
  std::list<Task>::iterator place;
};

Tasks::Tasks(Loop& loop, OnFailure on_failure) : loop_(loop), on_failure_(std::move(on_failure)) {}

Tasks::~Tasks() = default;

void Tasks::start(std::string name, Flow<> flow) {
  Task& task = running_.emplace_back(*this, std::move(name), std::move(flow));
  task.place = std::prev(running_.end());
  task.flow.start();
  if (task.flow.has_ended()) {
    ended(task);
  } else {
    task.flow.set_waiter(&task);
  }
}

void Tasks::ended(Task& task) {
  ended_.splice(ended_.end(), running_, task.place);
  loop_.at_turn_end(*this);
  if (task.flow.result().has_value()) return;
  // Copies, and nothing after the call: the handler may destroy the tasks.
  const Error error = task.flow.result().error();
  const std::string name = task.name;
  const OnFailure on_failure = on_failure_;
  on_failure(name, error);
}

void Tasks::at_turn_end() {
  ended_.clear();
}

}  // namespace core

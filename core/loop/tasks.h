// Background flows with one owner and one place for their failures. Destroying Tasks cancels all of them.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "core/loop/flow.h"
#include "core/loop/loop.h"

namespace core {

class Tasks {
 public:
  using OnFailure = std::function<void(std::string_view name, const Error& error)>;
  Tasks(Loop& loop, OnFailure on_failure);
  ~Tasks();
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;

  /// Runs `flow` until it ends; `name` is for the failure handler. An ended flow is destroyed at the end of
  /// the turn.
  void start(std::string name, Flow<> flow);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Task;
  void ended(Task* task);
  Loop& loop_;
  OnFailure on_failure_;
  std::list<std::unique_ptr<Task>> running_;
};

}  // namespace core

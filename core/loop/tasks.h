// Background flows with one owner and one place for their failures. Destroying Tasks cancels all of them.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <string_view>

#include "core/loop/flow.h"
#include "core/loop/loop.h"

namespace core {

class Tasks final : private TurnEnd {
 public:
  /// `on_failure` hears of each flow that ended with an error, and may destroy the Tasks.
  using OnFailure = std::function<void(std::string_view name, const Error& error)>;
  Tasks(Loop& loop, OnFailure on_failure);
  ~Tasks();

  /// Runs `flow` until it ends; `name` is for the failure handler. The frame of an ended flow is destroyed at
  /// the end of the turn, or with the Tasks, whichever is first.
  void start(std::string name, Flow<> flow);
  /// How many flows have not ended.
  [[nodiscard]] std::size_t size() const { return running_.size(); }

 private:
  struct Task;  // NOLINT(cppcoreguidelines-virtual-class-destructor): it is final
  void ended(Task& task);
  void at_turn_end() override;

  Loop& loop_;
  OnFailure on_failure_;
  std::list<Task> running_;
  std::list<Task> ended_;
};

}  // namespace core

// One flow on a loop that nothing else runs: for commands that do one thing and end, and for a server's
// start; once it serves, its flows are owned by its parts.
#pragma once

#include <optional>
#include <utility>

#include "core/loop/flow.h"
#include "core/loop/loop.h"

namespace gateway {

/// Turns `loop` until `flow` has ended. Requires: the flow bounds its own time.
template <typename T>
core::Result<T> run_to_end(core::Loop& loop, core::Flow<T> flow) {
  std::optional<core::Result<T>> result;
  core::RunningFlow<T> running;
  running.start(std::move(flow), [&](core::Result<T> ended) { result.emplace(std::move(ended)); });
  while (!result) loop.turn(true);
  return std::move(*result);
}

}  // namespace gateway

// Which functions this process is in, while it uses processor time: a stack a step, of whichever thread runs
// then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace core {

/// Addresses of code, the innermost first: where it was, then within the call of each caller.
using Stack = std::vector<std::uintptr_t>;

struct Samples {
  std::vector<Stack> stacks;
  std::size_t dropped = 0;  ///< more than kMostStacks
};

/// Threads take part that do not block SIGPROF.
class CpuSampler {
 public:
  /// Of processor time of all threads together.
  static constexpr Duration kStep{10};
  static constexpr std::size_t kMostStacks = 20'000;
  /// The innermost; more are left out.
  static constexpr std::size_t kMostFrames = 64;

  /// Begins. Errors: conflict, another one samples in this process; unavailable, the system has no timer.
  static Result<std::unique_ptr<CpuSampler>> start();
  /// Ends it.
  ~CpuSampler();
  CpuSampler(const CpuSampler&) = delete;
  CpuSampler& operator=(const CpuSampler&) = delete;

  /// Ends it, and gives what was taken.
  Samples stop();

 private:
  struct Taken;
  explicit CpuSampler(std::unique_ptr<Taken> taken);
  void end();

  std::unique_ptr<Taken> taken_;
  bool is_running_ = true;
};

}  // namespace core

#include "core/profile/cpu_sampler.h"

#include <sys/time.h>
#include <ucontext.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

namespace core {
namespace {

/// The handler's own frames, and the one that the system makes to call it.
constexpr std::size_t kMostOwnFrames = 8;

struct RawStack {
  std::array<std::uintptr_t, CpuSampler::kMostFrames> frames;
  std::size_t count;
};

/// Where the thread was when the signal came.
std::uintptr_t interrupted_at(const void* context) {
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return static_cast<std::uintptr_t>(machine.pc);
#else
#error "name the register that holds the program counter"
#endif
}

/// Writes down the stack from the function that was interrupted on.
struct Walk {
  RawStack* stack;
  std::uintptr_t from;
  std::size_t own = 0;
  bool is_in = false;

  static _Unwind_Reason_Code step(_Unwind_Context* context, void* data) {
    Walk& walk = *static_cast<Walk*>(data);
    int is_exact = 0;  // not behind a call, but where a signal came
    const std::uintptr_t address = _Unwind_GetIPInfo(context, &is_exact);
    if (address == 0) return _URC_END_OF_STACK;
    if (!walk.is_in) {
      walk.is_in = address == walk.from;
      if (!walk.is_in) return ++walk.own == kMostOwnFrames ? _URC_END_OF_STACK : _URC_NO_REASON;
    }
    walk.stack->frames[walk.stack->count++] = is_exact != 0 ? address : address - 1;
    return walk.stack->count == CpuSampler::kMostFrames ? _URC_END_OF_STACK : _URC_NO_REASON;
  }
};

struct Memory {
  std::unique_ptr<RawStack[]> stacks{new RawStack[CpuSampler::kMostStacks]};  // NOLINT: untouched until used
  std::atomic<std::size_t> count{0};
};

// A handler has nothing but what is global: whose memory is written to, and how many threads do so now.
std::atomic<Memory*> sampling{nullptr};  // NOLINT
std::atomic<unsigned> in_handler{0};     // NOLINT

void on_step(int /*signal*/, siginfo_t* /*info*/, void* context) {
  const int error = errno;
  in_handler.fetch_add(1);
  Memory* const memory = sampling.load();
  const std::size_t place = memory == nullptr ? CpuSampler::kMostStacks : memory->count.fetch_add(1);
  if (place < CpuSampler::kMostStacks) {
    RawStack& stack = memory->stacks[place];
    stack.count = 0;
    Walk walk{&stack, interrupted_at(context)};
    _Unwind_Backtrace(&Walk::step, &walk);
  }
  in_handler.fetch_sub(1);
  errno = error;
}

/// Zero: no steps any more.
void set_timer(Duration step) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(step).count();
  const timeval time{0, static_cast<suseconds_t>(microseconds)};
  const itimerval timer{time, time};
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

}  // namespace

struct CpuSampler::Taken : Memory {};

CpuSampler::CpuSampler(std::unique_ptr<Taken> taken) : taken_(std::move(taken)) {}

Result<std::unique_ptr<CpuSampler>> CpuSampler::start() {
  auto taken = std::make_unique<Taken>();
  Memory* none = nullptr;
  if (!sampling.compare_exchange_strong(none, taken.get())) {
    return failure(ErrorKind::conflict, Side::us, "this process is sampled already; come again");
  }
  std::unique_ptr<CpuSampler> sampler(new CpuSampler(std::move(taken)));
  // What the unwinder sets up at its first use is not for a handler.
  RawStack first{};
  Walk walk{&first, 0};
  _Unwind_Backtrace(&Walk::step, &walk);
  struct sigaction action{};
  action.sa_sigaction = &on_step;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigfillset(&action.sa_mask);
  if (::sigaction(SIGPROF, &action, nullptr) != 0) {
    return failure(ErrorKind::unavailable, Side::us, std::string("SIGPROF: ") + std::strerror(errno));
  }
  set_timer(kStep);
  return sampler;
}

CpuSampler::~CpuSampler() {
  end();
}

void CpuSampler::end() {
  if (!std::exchange(is_running_, false)) return;
  set_timer(Duration(0));
  sampling.store(nullptr);  // a signal that is on its way finds nothing to do
  while (in_handler.load() != 0) std::this_thread::yield();
}

Samples CpuSampler::stop() {
  end();
  Samples samples;
  const std::size_t all = taken_->count.load();
  const std::size_t kept = std::min(all, kMostStacks);
  samples.dropped = all - kept;
  samples.stacks.reserve(kept);
  for (std::size_t i = 0; i < kept; ++i) {
    const RawStack& stack = taken_->stacks[i];
    samples.stacks.emplace_back(stack.frames.begin(), stack.frames.begin() + stack.count);
  }
  return samples;
}

}  // namespace core

// SignalWatch on libevent, whose handler only writes to a socket pair that the loop reads.
#include "core/loop/signals.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include "core/base/check.h"

namespace core {
namespace {

void change_mask(int how, std::span<const int> numbers) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : numbers) CHECK(sigaddset(&signals, number) == 0);
  CHECK(pthread_sigmask(how, &signals, nullptr) == 0);
}

}  // namespace

SignalShelter::SignalShelter() : before_() {
  sigset_t all;
  sigfillset(&all);
  sigdelset(&all, SIGPROF);
  CHECK(pthread_sigmask(SIG_SETMASK, &all, &before_) == 0);
}

SignalShelter::~SignalShelter() {
  CHECK(pthread_sigmask(SIG_SETMASK, &before_, nullptr) == 0);
}

struct SignalWatch::Native {
  std::function<void()> on_signal;
  event watched{};

  static void on_event(evutil_socket_t, short, void* self) { static_cast<Native*>(self)->on_signal(); }
};

SignalWatch::SignalWatch(Loop& loop, int number, std::function<void()> on_signal)
    : native_(new Native{.on_signal = std::move(on_signal)}) {
  CHECK(event_assign(&native_->watched, loop.native(), number, EV_SIGNAL | EV_PERSIST, Native::on_event,
                     native_.get()) == 0);
  CHECK(event_add(&native_->watched, nullptr) == 0);
}

SignalWatch::~SignalWatch() {
  event_del(&native_->watched);
}

void hold_back_signals(std::span<const int> numbers) {
  change_mask(SIG_BLOCK, numbers);
}

void let_signals_through(std::span<const int> numbers) {
  change_mask(SIG_UNBLOCK, numbers);
}

}  // namespace core

// Process signals as events of one loop.
#pragma once

#include <csignal>
#include <functional>
#include <memory>
#include <span>

#include "core/loop/loop.h"

namespace core {

/// Calls `on_signal` in the loop each time the process gets signal `number`. One owner a signal in the
/// process.
class SignalWatch {
 public:
  SignalWatch(Loop& loop, int number, std::function<void()> on_signal);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct Native;
  std::unique_ptr<Native> native_;
};

/// While this lives, no signal comes to the thread that calls, nor ever to those that it starts meanwhile:
/// but SIGPROF, which is for whoever runs (core/profile).
class SignalShelter {
 public:
  SignalShelter();
  ~SignalShelter();
  SignalShelter(const SignalShelter&) = delete;
  SignalShelter& operator=(const SignalShelter&) = delete;

 private:
  sigset_t before_;
};

/// From now on these wait for the thread that calls, and for those that it starts.
void hold_back_signals(std::span<const int> numbers);
/// Those that came meanwhile come now, each once.
void let_signals_through(std::span<const int> numbers);

}  // namespace core

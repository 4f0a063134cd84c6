// Starting a thread with its name and without signals.
#include "core/loop/thread.h"

#include <pthread.h>

#include <utility>

#include "core/loop/signals.h"

namespace core {
namespace {

constexpr std::size_t kLongestName = 15;  // pthread_setname_np(3)

}  // namespace

Thread::Thread(const std::string& name, std::function<void()> body) {
  // The new thread inherits the mask, so there is no moment at which it could take a signal.
  const SignalShelter shelter;
  thread_ = std::thread([short_name = name.substr(0, kLongestName), run = std::move(body)] {
    pthread_setname_np(pthread_self(), short_name.c_str());
    run();
  });
}

Thread::~Thread() {
  thread_.join();
}

}  // namespace core

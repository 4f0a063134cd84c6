// The frames of flows, and the list of those that live on this thread.
#include "core/loop/flow.h"

#include <cstdlib>
#include <utility>

#include "core/base/free_blocks.h"

namespace core {
namespace {

// Mutable state outside objects: print_waiting_flows() is called from where nothing else is at hand.
thread_local FlowPromise* first_flow = nullptr;

}  // namespace

void* FlowPromise::operator new(std::size_t size) {
  return take_block(size);
}

void FlowPromise::operator delete(void* frame, std::size_t size) noexcept {
  give_block(frame, size);
}

FlowPromise::FlowPromise() : next_(first_flow) {
  if (next_ != nullptr) next_->previous_ = this;
  first_flow = this;
}

FlowPromise::~FlowPromise() {
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else {
    first_flow = next_;
  }
  if (next_ != nullptr) next_->previous_ = previous_;
}

void FlowPromise::unhandled_exception() noexcept {
  std::fprintf(stderr, "an exception escaped into a flow that last waited at %s:%d\n",
               file_ != nullptr ? file_ : "its start", line_);
  std::abort();
}

void FlowPromise::end() {
  ended_ = true;
  is_suspended_ = true;
  if (waiter_ != nullptr) std::exchange(waiter_, nullptr)->flow_ended();
}

void print_waiting_flows(std::FILE* out) {
  for (const FlowPromise* flow = first_flow; flow != nullptr; flow = flow->next_) {
    std::fprintf(out, "flow waits at %s:%d\n", flow->file_ != nullptr ? flow->file_ : "its start",
                 flow->line_);
  }
}

}  // namespace core

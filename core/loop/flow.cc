// Frames of flows: where their memory comes from, and the list of those that live on this thread.
#include "core/loop/flow.h"

#include <array>
#include <cstdlib>
#include <new>

namespace core {
namespace {

// Frames are made and freed on one thread, at the rate of requests: free blocks of each size are kept in a
// list of that thread. Sanitizer builds use the plain allocator, so that they see every use after free.
constexpr std::size_t kBlockStep = 64;
constexpr std::size_t kLargestBlock = 2048;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kKeepBlocks = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kKeepBlocks = false;
#else
constexpr bool kKeepBlocks = true;
#endif
#else
constexpr bool kKeepBlocks = true;
#endif

struct FreeBlock {
  FreeBlock* next;
};

class FreeBlocks {
 public:
  ~FreeBlocks() {
    for (FreeBlock* head : heads_) {
      while (head != nullptr) ::operator delete(std::exchange(head, head->next));
    }
  }
  FreeBlock*& head_for(std::size_t size) { return heads_[(size + kBlockStep - 1) / kBlockStep]; }

 private:
  std::array<FreeBlock*, kLargestBlock / kBlockStep + 1> heads_{};
};

// The only mutable state outside objects: operator new has no other place to find its list, and
// print_waiting_flows() is called from where nothing else is at hand.
thread_local FreeBlocks free_blocks;
thread_local FlowPromise* first_flow = nullptr;

std::size_t rounded(std::size_t size) {
  return (size + kBlockStep - 1) / kBlockStep * kBlockStep;
}

}  // namespace

void* FlowPromise::operator new(std::size_t size) {
  if (kKeepBlocks && size <= kLargestBlock) {
    FreeBlock*& head = free_blocks.head_for(size);
    if (head != nullptr) return std::exchange(head, head->next);
  }
  return ::operator new(rounded(size));
}

void FlowPromise::operator delete(void* frame, std::size_t size) noexcept {
  if (kKeepBlocks && size <= kLargestBlock) {
    FreeBlock*& head = free_blocks.head_for(size);
    head = new (frame) FreeBlock{head};
    return;
  }
  ::operator delete(frame);
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

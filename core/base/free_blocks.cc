#include "core/base/free_blocks.h"

#include <array>
#include <new>
#include <utility>

namespace core {
namespace {

constexpr std::size_t kStep = 64;
constexpr std::size_t kLargest = 2048;
constexpr std::size_t kSmall = 512;
constexpr std::size_t kMostKeptSmall = 2048;
constexpr std::size_t kMostKept = 512;

struct FreeBlock {
  FreeBlock* next;
};

struct FreeList {
  FreeBlock* head = nullptr;
  std::size_t count = 0;
};

class FreeLists {
 public:
  ~FreeLists() {
    for (FreeList& list : lists_) {
      while (list.head != nullptr) ::operator delete(std::exchange(list.head, list.head->next));
      list.count = kMostKeptSmall;  // whatever ends later than this is not kept
    }
  }
  FreeList& of(std::size_t size) { return lists_[(size + kStep - 1) / kStep]; }

 private:
  std::array<FreeList, kLargest / kStep + 1> lists_{};
};

// Mutable state outside objects: operator new has no other place to find its list.
thread_local FreeLists free_lists;

std::size_t rounded(std::size_t size) {
  return (size + kStep - 1) / kStep * kStep;
}

}  // namespace

void* take_block(std::size_t size) {
  if (!kKeepsFreeBlocks || size > kLargest) return ::operator new(size);
  FreeList& list = free_lists.of(size);
  if (list.head == nullptr) return ::operator new(rounded(size));
  --list.count;
  return std::exchange(list.head, list.head->next);
}

void give_block(void* block, std::size_t size) noexcept {
  if (!kKeepsFreeBlocks || size > kLargest) return ::operator delete(block);
  FreeList& list = free_lists.of(size);
  if (list.count >= (size <= kSmall ? kMostKeptSmall : kMostKept)) return ::operator delete(block);
  ++list.count;
  list.head = new (block) FreeBlock{list.head};
}

}  // namespace core

#include "core/crypto/openssl_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>
#include <utility>

#include "core/base/check.h"
#include "core/base/free_blocks.h"

namespace core {
namespace {

// Blocks of malloc differ by this, less the eight bytes in front of each (glibc); elsewhere lists are merely
// less apt.
constexpr std::size_t kStep = 16;
constexpr std::size_t kFront = 8;
constexpr std::size_t kLargest = 17UL * 1024;  // a record, its framing, and room for what is behind it
constexpr std::size_t kMostBlocks = 64;
constexpr std::size_t kMostBytes = 128UL * 1024;
constexpr std::size_t kMostInAll = 2UL * 1024 * 1024;
constexpr std::size_t kLists = kLargest / kStep + 2;

struct FreeBlock {
  FreeBlock* next;
};

struct FreeList {
  FreeBlock* head = nullptr;
  std::size_t count = 0;
};

/// The list whose blocks are all large enough for `size`.
std::size_t list_for(std::size_t size) {
  return (size + kFront + kStep - 1) / kStep;
}
/// The last list for which a block of `size` is large enough.
std::size_t list_of(std::size_t size) {
  return (size + kFront) / kStep;
}

class FreeLists {
 public:
  ~FreeLists() {
    for (FreeList& list : lists_) {
      while (list.head != nullptr) std::free(std::exchange(list.head, list.head->next));
      list.count = kMostBlocks;  // whatever ends later than this is not kept
    }
  }

  void* take(std::size_t size) {
    if (size > kLargest) return nullptr;
    FreeList& list = lists_[list_for(size)];
    if (list.head == nullptr) return nullptr;
    --list.count;
    kept_ -= list_for(size) * kStep;
    return std::exchange(list.head, list.head->next);
  }

  bool keep(void* block, std::size_t size) {
    if (size < sizeof(FreeBlock) || size > kLargest) return false;
    FreeList& list = lists_[list_of(size)];
    const std::size_t cost = list_of(size) * kStep;
    if (kept_ + cost > kMostInAll || list.count >= std::min(kMostBlocks, kMostBytes / size)) return false;
    ++list.count;
    kept_ += cost;
    list.head = new (block) FreeBlock{list.head};
    return true;
  }

 private:
  std::array<FreeList, kLists> lists_{};
  std::size_t kept_ = 0;
};

// Mutable state outside objects: OpenSSL hands nothing to its memory functions that could lead to it.
thread_local FreeLists free_lists;

void* take(std::size_t size, const char* /*file*/, int /*line*/) {
  void* kept = free_lists.take(size);
  return kept != nullptr ? kept : std::malloc(size);
}

void* resize(void* block, std::size_t size, const char* /*file*/, int /*line*/) {
  return std::realloc(block, size);
}

void give(void* block, const char* /*file*/, int /*line*/) {
  if (block != nullptr && !free_lists.keep(block, malloc_usable_size(block))) std::free(block);
}

}  // namespace

void recycle_openssl_memory() {
  if (!kKeepsFreeBlocks) return;
  CHECK(CRYPTO_set_mem_functions(&take, &resize, &give) == 1);
}

}  // namespace core

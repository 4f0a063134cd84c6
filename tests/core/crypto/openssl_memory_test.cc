// OpenSSL's memory, recycled in this whole program from its first moment on.
#include "core/crypto/openssl_memory.h"

#include <doctest/doctest.h>
#include <malloc.h>
#include <openssl/crypto.h>

#include <cstring>
#include <random>
#include <vector>

#include "core/base/free_blocks.h"

namespace core {
namespace {

// Before main, as a program has to.
[[maybe_unused]] const bool kRecycles = (recycle_openssl_memory(), true);

struct Taken {
  unsigned char* block;
  std::size_t size;
  unsigned char mark;
};

bool is_whole(const Taken& taken) {
  for (std::size_t i = 0; i < taken.size; ++i) {
    if (taken.block[i] != taken.mark) return false;
  }
  return true;
}

TEST_CASE("a block that OpenSSL freed is the next of its size") {
  if (!kKeepsFreeBlocks) return;
  for (const std::size_t size : {1UL, 40UL, 112UL, 7624UL, 16584UL, 16712UL}) {
    CAPTURE(size);
    void* first = OPENSSL_malloc(size);
    OPENSSL_free(first);
    void* second = OPENSSL_malloc(size);
    CHECK(second == first);
    OPENSSL_free(second);
  }
}

TEST_CASE("no block is smaller than what was asked for, and none belongs to two") {
  std::mt19937 dice(1);
  std::vector<Taken> all;
  for (int turn = 0; turn < 20000; ++turn) {
    if (all.size() < 40 || dice() % 2 == 0) {
      const std::size_t size = dice() % 3 == 0 ? 1 + dice() % 20000 : 1 + dice() % 300;
      auto* block = static_cast<unsigned char*>(OPENSSL_malloc(size));
      REQUIRE(malloc_usable_size(block) >= size);
      all.push_back({block, size, static_cast<unsigned char>(turn)});
      std::memset(block, all.back().mark, size);
    } else {
      const std::size_t at = dice() % all.size();
      REQUIRE(is_whole(all[at]));
      if (dice() % 4 == 0) {
        const std::size_t size = all[at].size + dice() % 500;
        all[at].block = static_cast<unsigned char*>(OPENSSL_realloc(all[at].block, size));
        REQUIRE(is_whole(all[at]));
        continue;
      }
      OPENSSL_free(all[at].block);
      all[at] = all.back();
      all.pop_back();
    }
  }
  for (const Taken& taken : all) OPENSSL_free(taken.block);
}

TEST_CASE("of large blocks few are kept") {
  if (!kKeepsFreeBlocks) return;
  constexpr std::size_t kRecord = 16584;
  std::vector<void*> blocks(100);
  for (void*& block : blocks) block = OPENSSL_malloc(kRecord);
  const std::size_t before = mallinfo2().uordblks;
  for (void* block : blocks) OPENSSL_free(block);
  CHECK(before - mallinfo2().uordblks > 90 * kRecord);
}

TEST_CASE("sizes that clients choose do not add up without end") {
  if (!kKeepsFreeBlocks) return;
  const std::size_t before = mallinfo2().uordblks;
  for (std::size_t size = 1000; size < 17'000; size += 16) {
    std::vector<void*> blocks(20);
    for (void*& block : blocks) block = OPENSSL_malloc(size);
    for (void* block : blocks) OPENSSL_free(block);
  }
  CHECK(mallinfo2().uordblks < before + 3'000'000);
}

}  // namespace
}  // namespace core

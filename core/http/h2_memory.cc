// free() of C does not know the size that free lists go by: it stands in front of each block.
#include "core/http/h2_memory.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

#include "core/base/free_blocks.h"

namespace core {
namespace {

/// Keeps what follows aligned as malloc would.
constexpr std::size_t kFront = alignof(std::max_align_t);
static_assert(kFront >= sizeof(std::size_t));

std::size_t size_of(void* block) {
  std::size_t size = 0;
  std::memcpy(&size, static_cast<char*>(block) - kFront, sizeof size);
  return size;
}

void* take(std::size_t size, void* /*user*/) noexcept {
  if (size > PTRDIFF_MAX - kFront) return nullptr;
  try {
    auto* front = static_cast<char*>(take_block(size + kFront));
    std::memcpy(front, &size, sizeof size);
    return front + kFront;
  } catch (const std::bad_alloc&) {
    return nullptr;  // the library ends the connection
  }
}

void give(void* block, void* /*user*/) noexcept {
  if (block != nullptr) give_block(static_cast<char*>(block) - kFront, size_of(block) + kFront);
}

void* take_zeros(std::size_t count, std::size_t size, void* user) noexcept {
  if (size != 0 && count > PTRDIFF_MAX / size) return nullptr;
  void* block = take(count * size, user);
  if (block != nullptr) std::memset(block, 0, count * size);
  return block;
}

void* resize(void* block, std::size_t size, void* user) noexcept {
  void* other = take(size, user);
  if (other == nullptr || block == nullptr) return other;
  std::memcpy(other, block, std::min(size, size_of(block)));
  give(block, user);
  return other;
}

/// The library copies it.
nghttp2_mem memory_of_thread() {
  return {nullptr, &take, &give, &take_zeros, &resize};
}

}  // namespace

nghttp2_session* new_h2_client_native(const nghttp2_session_callbacks* callbacks, void* user,
                                      const nghttp2_option* option) {
  nghttp2_mem memory = memory_of_thread();
  nghttp2_session* native = nullptr;
  return nghttp2_session_client_new3(&native, callbacks, user, option, &memory) == 0 ? native : nullptr;
}

nghttp2_session* new_h2_server_native(const nghttp2_session_callbacks* callbacks, void* user,
                                      const nghttp2_option* option) {
  nghttp2_mem memory = memory_of_thread();
  nghttp2_session* native = nullptr;
  return nghttp2_session_server_new3(&native, callbacks, user, option, &memory) == 0 ? native : nullptr;
}

}  // namespace core

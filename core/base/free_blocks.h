// Memory for objects that come and go at the rate of requests and live on one thread: freed blocks are kept
// in lists of that thread, a list a size, and given out again. No general allocator: large blocks go to the
// usual one. Sanitizer builds always use the usual one, so that they see every use after free.
#pragma once

#include <cstddef>

namespace core {

/// Whether freed blocks are kept at all: not in sanitizer builds.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kKeepsFreeBlocks = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kKeepsFreeBlocks = false;
#else
inline constexpr bool kKeepsFreeBlocks = true;
#endif
#else
inline constexpr bool kKeepsFreeBlocks = true;
#endif

/// A block of at least `size` bytes, aligned as operator new aligns.
void* take_block(std::size_t size);
/// Gives back what take_block(size) gave, on the same thread; at most 512 blocks of a size are kept, 2048
/// of up to 512 bytes.
void give_block(void* block, std::size_t size) noexcept;

/// Base of classes whose objects are made and destroyed on one thread, once a request or more often.
struct Recycled {
  static void* operator new(std::size_t size) { return take_block(size); }
  static void operator delete(void* block, std::size_t size) noexcept { give_block(block, size); }
};

}  // namespace core

// Counts the heap allocations of the test program, and the bytes of what it holds.
#pragma once

#include <cstddef>

namespace core {

/// Calls of operator new so far.
std::size_t allocations();
/// What operator new gave and operator delete did not get back.
std::size_t heap_bytes_in_use();

}  // namespace core

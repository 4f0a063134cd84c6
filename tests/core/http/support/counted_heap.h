// Counts the heap allocations of the test program.
#pragma once

#include <cstddef>

namespace core {

/// Calls of operator new so far.
std::size_t allocations();

}  // namespace core

// What happens when there is no memory left.
#pragma once

namespace core {

/// From now on an allocation by `new` that fails ends the process, with one line on stderr and
/// kOutOfMemoryStatus: nothing can be served soundly any more, and whoever watches the process starts it
/// again. The line is written and the process ended without allocating.
void end_when_memory_is_out();

inline constexpr int kOutOfMemoryStatus = 70;  ///< EX_SOFTWARE of sysexits.h

}  // namespace core

// Several flows at once, waited for as one.
#pragma once

#include <vector>

#include "core/loop/flow.h"

namespace core {

/// Runs all of them; ends when the last has ended, with the first error if there was one. Destroying it
/// cancels those that run.
Flow<> together(std::vector<Flow<>> flows);

}  // namespace core

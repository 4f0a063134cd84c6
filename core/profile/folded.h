// Stacks as folded lines: "main;core::Loop::run;core::Loop::turn 42", what flame graphs are drawn from.
#pragma once

#include <string>
#include <vector>

#include "core/profile/cpu_sampler.h"
#include "core/profile/symbols.h"

namespace core {

/// The most frequent first.
std::vector<std::string> folded(const std::vector<Stack>& stacks, const Symbols& symbols);

}  // namespace core

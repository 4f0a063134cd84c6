// Names of C++ functions that people read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace core {

inline constexpr std::size_t kMostNameBytes = 120;

/// "core::Loop::turn" of "_ZN4core4Loop4turnEb": without parameters, template arguments and what a compiler
/// adds. What is no name of C++ stays as it is. At most kMostNameBytes, without spaces, semicolons and
/// controls.
std::string function_name(const std::string& mangled);

}  // namespace core

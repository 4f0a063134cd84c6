// At which providers somebody has to sign in to be admitted by a policy, as far as its rules say so.
#pragma once

#include <string>
#include <vector>

#include "config/types.h"

namespace config {

/// Names of login.providers, in its order, without which no rule of allow admits a person; empty: any may do.
/// Whom administrators approve may be of any.
std::vector<std::string> providers_admitted(const Config& config, std::size_t policy);

}  // namespace config

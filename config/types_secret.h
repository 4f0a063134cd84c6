// A secret as configured. Nothing prints its value.
#pragma once

#include <string>

#include "core/base/secret.h"

namespace config {

/// A secret and where it came from. The origin may be printed ("file:/run/secrets/x", "env:NAME",
/// "credential:NAME", "inline"); the value never.
struct ConfiguredSecret {
  core::Secret value;
  std::string origin;
  friend bool operator==(const ConfiguredSecret& a, const ConfiguredSecret& b) {
    return a.value.reveal() == b.value.reveal();
  }
};

}  // namespace config

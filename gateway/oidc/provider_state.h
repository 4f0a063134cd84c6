// What control knows of a provider, as an immutable snapshot for all workers.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/crypto/jwk.h"
#include "gateway/oidc/metadata.h"

namespace gateway {

struct ProviderState {
  std::optional<Metadata> metadata;  ///< none until discovery has succeeded once
  std::shared_ptr<const core::KeySet> keys = std::make_shared<const core::KeySet>();
  core::SteadyTime keys_fetched_at;
  std::string problem;  ///< of the last attempt; empty if it went well

  /// Whether a sign-in can begin.
  [[nodiscard]] bool is_ready() const { return metadata.has_value() && !keys->keys().empty(); }
};

}  // namespace gateway

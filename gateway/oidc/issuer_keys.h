// One issuer's tokens verified on a worker: with the keys of control's snapshot, and with fresh ones once
// when a token was signed by a key that is not there.
#pragma once

#include <cstdint>
#include <functional>

#include "core/base/secret.h"
#include "core/crypto/jwt.h"
#include "core/loop/flow.h"
#include "core/loop/published.h"
#include "gateway/oidc/provider_state.h"

namespace gateway {

/// Has the provider's keys fetched again, if that is due (ProviderDirectory::refetch_keys).
using RefetchKeys = std::function<core::Flow<>()>;

/// One worker's. Borrows `state`.
class IssuerKeys {
 public:
  IssuerKeys(const core::Published<ProviderState>& state, RefetchKeys refetch)
      : state_(state), refetch_(std::move(refetch)) {}
  [[nodiscard]] bool is_ready() { return state_.current().is_ready(); }
  /// Another one once the keys may have changed: what they verified is to be verified again.
  [[nodiscard]] std::uint64_t generation() {
    state_.current();
    return state_.generation();
  }
  /// As verify_jwt; a key that is missing is fetched first.
  core::Flow<core::Jwt> verify(core::Secret token, core::JwtRules rules, core::WallTime now);

 private:
  core::Published<ProviderState>::Reader state_;
  RefetchKeys refetch_;
};

}  // namespace gateway

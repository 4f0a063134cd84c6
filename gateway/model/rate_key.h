// The key that places of rate accounts follow from: the same on all replicas that have the same session keys.
#pragma once

#include <cstdint>

#include "core/crypto/seal.h"
#include "core/crypto/sip_hash.h"

namespace gateway {

struct RateKey {
  core::SipKey key;
  std::uint64_t id = 0;  ///< tells replicas whether they mean the same accounts; says nothing of the key
};

/// Of the ring, whatever its order: it stays as it is while replicas, one after the other, move a key to the
/// front. It may change when they learn or forget one.
RateKey rate_key(const core::KeyRing& keys);

}  // namespace gateway

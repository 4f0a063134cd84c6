// The keys that sign assertions about people, and the set by which applications verify them (JWKS, RFC 7517).
// They are derived from the session keys, so that every replica has the same, storage holds nothing more and
// a restart changes none: one for each session key and period of 30 days.
//
//   period           p − 1          p (now)         p + 1
//   first key     published     signs, published   published     an application that keeps the set for hours
//   other keys    published        published       published     knows each key before it is used
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/crypto/jws.h"
#include "core/crypto/seal.h"

namespace gateway {

inline constexpr std::chrono::days kAssertionKeyPeriod{30};

/// One worker's. Derives keys when they are first asked for, and again once a period.
class AssertionKeys {
 public:
  explicit AssertionKeys(core::KeyRing ring) : ring_(std::move(ring)) {}

  /// ES256; its key id is the thumbprint (RFC 7638). Valid until the next call with another time.
  const core::JwsSigner& signer(core::WallTime now);
  /// {"keys": [...]} of the period before, this one and the next. Valid as long.
  const std::string& key_set(core::WallTime now);

 private:
  struct Period {
    std::int64_t number;
    core::JwsSigner signer;
    std::string key_set;
  };
  const Period& period_of(core::WallTime now);

  core::KeyRing ring_;
  std::unique_ptr<const Period> period_;
};

}  // namespace gateway

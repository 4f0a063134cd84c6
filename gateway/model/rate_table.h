// RateTable: who has asked how often, of all workers together: a fixed number of accounts in atomics, no
// lock. An account is a moment: when all that was asked for would be paid back at the agreed pace (GCRA).
// What lies ahead of now is the debt; a request adds one interval to it, unless it is over the tolerance
// already.
//
// Strangers choose the keys, so: places follow from a keyed hash; memory is fixed; a new key in a set of
// eight that are all in debt takes the place of the one that owes least, and its debt too where it is of the
// same order. A place therefore never lets more through than one account would, whoever passes through it,
// and to push out an account one must fill its set with accounts that owe even more. What is lost under such
// a flood is precision: keys may share an account.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/clock.h"
#include "core/crypto/random.h"
#include "core/crypto/sip_hash.h"

namespace gateway {

/// How fast an account is paid back, and what it may owe.
struct Pace {
  std::chrono::microseconds interval{1};   ///< a request
  std::chrono::microseconds tolerance{0};  ///< of debt with which a request still passes: burst - 1 intervals
};

class RateTable {
 public:
  static constexpr std::size_t kAccounts = 64UL * 1024;  ///< 512 KiB
  /// Of debt; a Pace must stay below.
  static constexpr std::chrono::hours kLongest{26};

  explicit RateTable(core::Random& random);

  /// Counts one request of `key`, a keyed hash. Zero: it passes; else how long until one would, and nothing
  /// was counted. From any thread. Exact for a key, but that two threads that open its account in the same
  /// instant may both begin one: as many more pass as threads raced.
  std::chrono::microseconds take(std::uint64_t key, const Pace& pace, core::SteadyTime now);

  [[nodiscard]] const core::SipKey& key() const { return key_; }

 private:
  // A cache line.
  static constexpr std::size_t kWays = 8;
  struct alignas(64) Set {
    std::array<std::atomic<std::uint64_t>, kWays> accounts{};
  };

  core::SipKey key_;
  std::vector<Set> sets_;
};

}  // namespace gateway

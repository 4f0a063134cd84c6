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
//
// Replicas that count together tell each other what they have let through: collect() gives what was charged
// here, owe() charges what was let through elsewhere. An account is known to all by its place and label,
// which follow from the key of the hash; who or what it is of, nobody can tell from them.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/clock.h"
#include "core/crypto/sip_hash.h"

namespace gateway {

/// How fast an account is paid back, and what it may owe.
struct Pace {
  std::chrono::microseconds interval{1};   ///< a request
  std::chrono::microseconds tolerance{0};  ///< of debt with which a request still passes: burst - 1 intervals
  bool is_shared = false;                  ///< other replicas are told
};

/// What one replica let through of an account, as time to pay it back.
struct RateDebt {
  std::uint32_t set = 0;                ///< below RateTable::kSets
  std::uint32_t label = 0;              ///< of RateTable::kLabelBits
  std::chrono::microseconds window{0};  ///< tolerance and interval of its pace
  std::chrono::microseconds amount{0};

  friend bool operator==(const RateDebt&, const RateDebt&) = default;
};

/// What was charged to shared accounts in a while.
struct RateDebts {
  std::vector<RateDebt> debts;
  std::size_t dropped = 0;  ///< more than may be told at once: those that weigh least
};

class RateTable {
 public:
  static constexpr std::size_t kAccounts = 64UL * 1024;  ///< 512 KiB; as much again, and half, where shared
  static constexpr std::size_t kWays = 8;                ///< of a set: a cache line
  static constexpr std::size_t kSets = kAccounts / kWays;
  static constexpr unsigned kLabelBits = 20;
  static constexpr std::size_t kMostDebts = 1024;  ///< that collect() gives at once
  /// Of debt; a Pace must stay below.
  static constexpr std::chrono::hours kLongest{26};

  enum class Sharing { off, on };

  explicit RateTable(Sharing sharing = Sharing::off);

  /// Counts one request of `key`, a keyed hash. Zero: it passes; else how long until one would, and nothing
  /// was counted. From any thread. Exact for a key, but that two threads that open its account in the same
  /// instant may both begin one: as many more pass as threads raced.
  std::chrono::microseconds take(std::uint64_t key, const Pace& pace, core::SteadyTime now);

  /// What `take` charged to shared accounts since the last call, of one thread: those of at least `least`,
  /// the kMostDebts that take most of their windows. What is left out is not told later.
  RateDebts collect(std::chrono::microseconds least);
  /// Charges what others let through; from any thread. A peer's numbers may be any: an account never owes
  /// more than its window and a minute by it.
  void owe(std::span<const RateDebt> debts, core::SteadyTime now);

 private:
  struct alignas(64) Set {
    std::array<std::atomic<std::uint64_t>, kWays> accounts{};
  };
  /// Since the last collect().
  struct Charged {
    std::array<std::atomic<std::uint64_t>, kWays> amounts{};
    std::array<std::atomic<std::uint32_t>, kWays> windows{};  ///< in kWindowUnit
  };
  void note_charge(std::size_t set, std::size_t way, const Pace& pace, bool is_new);

  std::vector<Set> sets_;
  std::vector<Charged> charged_;  ///< as sets_; empty: nothing is shared
};

/// Where a rule's accounts are: a table of all rules, and the key of the hash that their places follow from.
struct RateAccounts {
  RateTable& table;
  core::SipKey key;
};

}  // namespace gateway

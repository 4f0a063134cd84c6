// Numbers that spread requests: repeatable from a seed, cheap, and guessable. Nothing secret may come of them
// (core/crypto/random is for that).
#pragma once

#include <cstdint>

namespace gateway {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  /// Uniform over all 64-bit values (splitmix64).
  std::uint64_t roll() {
    state_ += 0x9e3779b97f4a7c15ULL;
    return mix(state_);
  }
  /// Uniform over [0, bound). Requires: bound > 0.
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((roll() >> 32U) * bound >> 32U);
  }
  /// Uniform over [0, 1).
  double fraction() { return static_cast<double>(roll() >> 11U) * 0x1p-53; }

  /// Every bit of the value depends on every bit of `bits`.
  static std::uint64_t mix(std::uint64_t bits) {
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebULL;
    return bits ^ (bits >> 31U);
  }

 private:
  std::uint64_t state_;
};

}  // namespace gateway

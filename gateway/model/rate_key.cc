#include "gateway/model/rate_key.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace gateway {
namespace {

using Words = std::array<std::uint64_t, 3>;

Words words_of(const core::Secret& master) {
  Words words{};
  const core::Secret derived = core::derive_key(master, core::Purpose::rate, "accounts", sizeof words);
  std::memcpy(words.data(), derived.reveal().data(), sizeof words);
  return words;
}

}  // namespace

RateKey rate_key(const core::KeyRing& keys) {
  std::vector<Words> derived;
  derived.reserve(keys.keys().size());
  for (const core::Secret& master : keys.keys()) derived.push_back(words_of(master));
  const Words least = *std::min_element(derived.begin(), derived.end());
  return {{least[0], least[1]}, least[2]};
}

}  // namespace gateway

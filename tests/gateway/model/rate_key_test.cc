// When replicas mean the same accounts.
#include "gateway/model/rate_key.h"

#include <string>

#include "tests/support/doctest.h"

namespace {

core::KeyRing ring_of(const std::string& letters) {
  std::vector<core::Secret> keys;
  for (const char letter : letters) keys.emplace_back(std::string(core::kSealKeyBytes, letter));
  return *core::KeyRing::make(std::move(keys));
}

}  // namespace

TEST_CASE("the key of rates follows from the session keys, in whatever order they are") {
  const gateway::RateKey one = gateway::rate_key(ring_of("ab"));
  CHECK(gateway::rate_key(ring_of("ba")).id == one.id);
  CHECK(gateway::rate_key(ring_of("ba")).key.first == one.key.first);
  CHECK(gateway::rate_key(ring_of("ba")).key.second == one.key.second);
  CHECK(gateway::rate_key(ring_of("c")).id != gateway::rate_key(ring_of("d")).id);
  CHECK(one.id != one.key.first);
  CHECK(one.key.first != one.key.second);
}

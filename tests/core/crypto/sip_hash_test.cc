// SipHash-2-4 against the vectors of its reference implementation (key 00..0f, input 00, 01, 02, …).
#include "core/crypto/sip_hash.h"

#include <doctest/doctest.h>

#include <string>

TEST_CASE("the hash is the reference's, at every remainder of a word") {
  const core::SipKey key{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
  const std::uint64_t expected[] = {
      0x726fdb47dd0e0e31ULL, 0x74f839c593dc67fdULL, 0x0d6c8009d9a94f5aULL, 0x85676696d7fb7e2dULL,
      0xcf2794e0277187b7ULL, 0x18765564cd99a68dULL, 0xcbc9466e58fee3ceULL, 0xab0200f58b01d137ULL,
      0x93f5f5799a932462ULL, 0x9e0082df0ba9e4b0ULL, 0x7a5dbbc594ddb9f3ULL, 0xf4b32f46226bada7ULL,
      0x751e8fbc860ee5fbULL, 0x14ea5627c0843d90ULL, 0xf723ca908e7af2eeULL, 0xa129ca6149be45e5ULL};
  std::string input;
  for (const std::uint64_t hash : expected) {
    CAPTURE(input.size());
    CHECK(core::sip_hash(key, input) == hash);
    input.push_back(static_cast<char>(input.size()));
  }
}

TEST_CASE("another key gives another hash") {
  CHECK(core::sip_hash({1, 2}, "10.0.0.1") != core::sip_hash({1, 3}, "10.0.0.1"));
  CHECK(core::sip_hash({1, 2}, "10.0.0.1") != core::sip_hash({2, 2}, "10.0.0.1"));
}

// SipHash-2-4 (Aumasson and Bernstein, 2012): a fast keyed hash of 64 bits, for tables whose keys strangers
// choose: without the key nobody can aim at a place of the table. No proof of anything: seals and signatures
// are in seal.h and signature.h.
#pragma once

#include <cstdint>
#include <string_view>

namespace core {

/// Random, one a process.
struct SipKey {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

std::uint64_t sip_hash(const SipKey& key, std::string_view bytes);

}  // namespace core

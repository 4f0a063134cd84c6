// Sealed texts from anybody must not open; what we seal opens to the same bytes, for its own names alone.
// Input: one byte n, then n bytes of name and scope, then the text or plaintext.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/crypto/seal.h"

namespace {

core::KeyRing two_keys() {
  std::string first(core::kSealKeyBytes, 'a');
  std::string second(core::kSealKeyBytes, 'b');
  return core::KeyRing::make({core::Secret::take(first), core::Secret::take(second)}).value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static core::Random random;
  static core::Sealer sealer(two_keys(), core::Purpose::session, random);
  static core::Sealer other_purpose(two_keys(), core::Purpose::state, random);
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  if (input.empty()) return 0;
  const std::size_t split = std::min<std::size_t>(static_cast<unsigned char>(input[0]), size - 1);
  const std::string_view names = input.substr(1, split);
  const std::string_view text = input.substr(1 + split);
  const core::AssociatedNames left{names, ""};
  const core::AssociatedNames right{"", names};
  if (sealer.open(text, left)) std::abort();

  const std::string sealed = sealer.seal(text, left);
  const auto opened = sealer.open(sealed, left);
  if (!opened || opened->plaintext.reveal() != text || opened->by_old_key) std::abort();
  if (!names.empty() && sealer.open(sealed, right)) std::abort();
  if (other_purpose.open(sealed, left)) std::abort();
  return 0;
}

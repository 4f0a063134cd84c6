#include "core/crypto/sip_hash.h"

#include <bit>
#include <cstddef>

namespace core {
namespace {

constexpr std::size_t kWordBytes = 8;

/// Little-endian, missing bytes zero.
std::uint64_t word_of(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) word = word << 8 | static_cast<unsigned char>(bytes[i]);
  return word;
}

class State {
 public:
  explicit State(const SipKey& key)
      : a_(key.first ^ 0x736f6d6570736575ULL),
        b_(key.second ^ 0x646f72616e646f6dULL),
        c_(key.first ^ 0x6c7967656e657261ULL),
        d_(key.second ^ 0x7465646279746573ULL) {}

  void take(std::uint64_t word) {
    d_ ^= word;
    round();
    round();
    a_ ^= word;
  }

  std::uint64_t end() {
    c_ ^= 0xff;
    for (int i = 0; i < 4; ++i) round();
    return a_ ^ b_ ^ c_ ^ d_;
  }

 private:
  void round() {
    a_ += b_;
    b_ = std::rotl(b_, 13) ^ a_;
    a_ = std::rotl(a_, 32);
    c_ += d_;
    d_ = std::rotl(d_, 16) ^ c_;
    a_ += d_;
    d_ = std::rotl(d_, 21) ^ a_;
    c_ += b_;
    b_ = std::rotl(b_, 17) ^ c_;
    c_ = std::rotl(c_, 32);
  }

  std::uint64_t a_;
  std::uint64_t b_;
  std::uint64_t c_;
  std::uint64_t d_;
};

}  // namespace

std::uint64_t sip_hash(const SipKey& key, std::string_view bytes) {
  State state(key);
  const std::uint64_t length = static_cast<std::uint64_t>(bytes.size()) << 56;
  for (; bytes.size() >= kWordBytes; bytes.remove_prefix(kWordBytes))
    state.take(word_of(bytes.substr(0, kWordBytes)));
  state.take(length | word_of(bytes));
  return state.end();
}

}  // namespace core

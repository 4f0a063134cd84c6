#include "core/crypto/random.h"

#include <openssl/rand.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "core/base/check.h"
#include "core/text/base64.h"

namespace core {

namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kIdBytes = 16;

void generate(std::span<char> out) {
  CHECK(out.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) == 1);
}

}  // namespace

// The count lives in the page, so the zeros a forked child finds there read as "empty".
struct Random::Page {
  std::uint64_t remaining;
  std::array<char, kPageBytes - sizeof(std::uint64_t)> bytes;
};

Random::Random() : page_(nullptr) {
  static_assert(sizeof(Page) == kPageBytes);
  void* mapped = mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(mapped != MAP_FAILED);
  if (madvise(mapped, kPageBytes, MADV_WIPEONFORK) != 0) {
    munmap(mapped, kPageBytes);
    return;
  }
  madvise(mapped, kPageBytes, MADV_DONTDUMP);
  page_ = static_cast<Page*>(mapped);
}

Random::~Random() {
  if (page_ == nullptr) return;
  explicit_bzero(page_, kPageBytes);
  munmap(page_, kPageBytes);
}

void Random::fill(std::span<char> out) {
  if (out.empty()) return;
  if (page_ == nullptr || out.size() > page_->bytes.size()) {
    generate(out);
    return;
  }
  if (page_->remaining < out.size()) {
    generate(page_->bytes);
    page_->remaining = page_->bytes.size();
  }
  page_->remaining -= out.size();
  char* taken = page_->bytes.data() + page_->remaining;
  std::memcpy(out.data(), taken, out.size());
  explicit_bzero(taken, out.size());
}

std::string Random::id() {
  std::array<char, kIdBytes> bytes;
  fill(bytes);
  return base64url_encode({bytes.data(), bytes.size()});
}

void Random::hex_id(std::span<char, 2 * kIdBytes> out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, kIdBytes> bytes;
  fill(bytes);
  for (std::size_t i = 0; i < kIdBytes; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    out[2 * i] = kDigits[byte >> 4];
    out[2 * i + 1] = kDigits[byte & 15];
  }
}

std::string Random::hex_id() {
  std::array<char, 2 * kIdBytes> digits;
  hex_id(digits);
  return {digits.data(), digits.size()};
}

std::uint64_t Random::number() {
  std::array<char, sizeof(std::uint64_t)> bytes;
  fill(bytes);
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  CHECK(bound > 0);
  // The numbers under 2^64 mod bound are drawn again: what is left is a multiple of bound.
  const std::uint64_t surplus = (0 - bound) % bound;
  std::uint64_t value = number();
  while (value < surplus) value = number();
  return value % bound;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  generate(bytes);
  return bytes;
}

}  // namespace core

#include "core/crypto/totp.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "core/base/check.h"
#include "core/crypto/digest.h"

namespace core {
namespace {

constexpr std::uint32_t kModulus = 1'000'000;

}  // namespace

std::string totp_code(const Secret& key, std::int64_t step) {
  std::array<unsigned char, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i)
    counter[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(step) >> (8 * (7 - i)));
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned length = 0;
  CHECK(HMAC(EVP_sha1(), key.reveal().data(), static_cast<int>(key.reveal().size()), counter.data(),
             counter.size(), mac.data(), &length) != nullptr);
  // RFC 4226 section 5.3.
  const std::size_t at = mac[length - 1] & 0xFU;
  const std::uint32_t number = (mac[at] & 0x7FU) << 24U | static_cast<std::uint32_t>(mac[at + 1] << 16U) |
                               static_cast<std::uint32_t>(mac[at + 2] << 8U) | mac[at + 3];
  return fmt::format("{:06}", number % kModulus);
}

std::optional<std::int64_t> totp_step_of(const Secret& key, std::string_view code, WallTime now) {
  const std::int64_t step = unix_seconds(now) / kTotpStep.count();
  std::optional<std::int64_t> found;
  for (const std::int64_t tried : {step - 1, step + 1, step}) {
    if (constant_time_equal(totp_code(key, tried), code)) found = tried;
  }
  return found;
}

}  // namespace core

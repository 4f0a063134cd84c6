#include "core/crypto/password.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <charconv>
#include <cstdint>
#include <optional>

#include "core/base/check.h"
#include "core/crypto/digest.h"
#include "core/crypto/random.h"
#include "core/text/base64.h"

namespace core {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kMostBytes = 64;
constexpr std::uint64_t kMostMemory = 256UL << 20;
constexpr unsigned kLeastLogN = 14;
constexpr unsigned kMostLogN = 20;
constexpr unsigned kLeastR = 8;
constexpr unsigned kMostP = 16;

std::unexpected<Error> bad(std::string text) {
  return failure(ErrorKind::malformed, Side::configuration, std::move(text));
}

std::string without_padding(std::string_view bytes) {
  std::string text = base64_encode(bytes, Base64::standard);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

Result<std::string> decoded(std::string_view text) {
  if (text.contains('=')) return bad("padding in a password's hash");
  std::string padded(text);
  while (padded.size() % 4 != 0) padded.push_back('=');
  return base64_decode(padded, Base64::standard, Side::configuration);
}

/// The number behind `name` at the head of `text`, and what stands behind it.
std::optional<unsigned> take_number(std::string_view& text, std::string_view name) {
  if (!text.starts_with(name)) return std::nullopt;
  text.remove_prefix(name.size());
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || text.starts_with('0')) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<std::string> derived(const PasswordHash& hash, const Secret& password, std::size_t length) {
  std::string out(length, '\0');
  const std::string_view bytes = password.reveal();
  // The block that is mixed, and the small ones beside it.
  const std::uint64_t memory = kMostMemory + (4UL << 20);
  const int done = EVP_PBE_scrypt(bytes.empty() ? "" : bytes.data(), bytes.size(),
                                  reinterpret_cast<const unsigned char*>(hash.salt.data()), hash.salt.size(),
                                  1UL << hash.log_n, hash.r, hash.p, memory,
                                  reinterpret_cast<unsigned char*>(out.data()), out.size());
  if (done != 1) return std::nullopt;
  return out;
}

}  // namespace

std::string PasswordHash::text() const {
  return fmt::format("$scrypt$ln={},r={},p={}${}${}", log_n, r, p, without_padding(salt),
                     without_padding(hash));
}

Result<PasswordHash> parse_password_hash(std::string_view text) {
  PasswordHash made;
  const auto log_n = take_number(text, "$scrypt$ln=");
  const auto r = take_number(text, ",r=");
  const auto p = take_number(text, ",p=");
  const std::size_t dollar = text.find('$', 1);
  if (!log_n || !r || !p || !text.starts_with('$') || dollar == std::string_view::npos)
    return bad("expected $scrypt$ln=15,r=8,p=3$SALT$HASH");
  const Result<std::string> salt = decoded(text.substr(1, dollar - 1));
  const Result<std::string> hash = decoded(text.substr(dollar + 1));
  if (!salt || !hash) return bad("the salt or the hash of a password is no base64");
  const bool is_strong = *log_n >= kLeastLogN && *r >= kLeastR && *p >= 1 && salt->size() >= kSaltBytes &&
                         hash->size() >= kHashBytes;
  const bool fits = *log_n <= kMostLogN && *r <= kMostMemory / 128 && *p <= kMostP &&
                    (128UL * *r << *log_n) <= kMostMemory && salt->size() <= kMostBytes &&
                    hash->size() <= kMostBytes;
  if (!is_strong || !fits) return bad("the cost of a password's hash is too low or too high");
  return PasswordHash{*log_n, *r, *p, *salt, *hash};
}

PasswordHash hash_password(const Secret& password) {
  PasswordHash made;
  made.salt = random_bytes(kSaltBytes);
  std::optional<std::string> hash = derived(made, password, kHashBytes);
  CHECK(hash.has_value());
  made.hash = std::move(*hash);
  return made;
}

bool is_password(const PasswordHash& hash, const Secret& password) {
  std::optional<std::string> found = derived(hash, password, hash.hash.size());
  if (!found) return false;
  const bool is_it = constant_time_equal(*found, hash.hash);
  wipe(*found);
  return is_it;
}

}  // namespace core

#include "core/crypto/seal.h"

#include <openssl/err.h>

#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/crypto/algorithms.h"
#include "core/crypto/digest.h"
#include "core/crypto/openssl.h"
#include "core/text/base64.h"

namespace core {

namespace {

constexpr char kVersion = 1;
constexpr std::size_t kKeyIdBytes = 4;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kTerminatorBytes = 1;
constexpr std::size_t kKeyIdAt = 1;
constexpr std::size_t kNonceAt = kKeyIdAt + kKeyIdBytes;
constexpr std::size_t kCiphertextAt = kNonceAt + kNonceBytes;
constexpr std::size_t kOverhead = kCiphertextAt + kTerminatorBytes + kTagBytes;
constexpr std::string_view kKeyLabel = "gateway key";

constexpr std::size_t base64url_length(std::size_t bytes) {
  return (bytes * 4 + 2) / 3;
}

std::string_view name_of(Purpose purpose) {
  switch (purpose) {
    case Purpose::session:
      return "session";
    case Purpose::state:
      return "state";
    case Purpose::handover:
      return "handover";
    case Purpose::csrf:
      return "csrf";
    case Purpose::ticket:
      return "ticket";
    case Purpose::storage:
      return "storage";
    case Purpose::assertion:
      return "assertion";
    case Purpose::approval:
      return "approval";
    case Purpose::origin:
      return "origin";
    case Purpose::rate:
      return "rate";
  }
  CHECK(false);
}

void append_with_length(std::string& out, std::string_view bytes) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<std::uint64_t>(bytes.size()) >> shift);
  }
  out += bytes;
}

std::unexpected<Error> refusal() {
  return failure(ErrorKind::unverified, Side::client, "the sealed value does not open");
}

CipherStateOwner prepared_state(const Secret& key, int encrypt) {
  CipherStateOwner state(EVP_CIPHER_CTX_new());
  CHECK(state != nullptr);
  CHECK(EVP_CipherInit_ex2(state.get(), aes_256_gcm_algorithm(), octets(key.reveal()), nullptr, encrypt,
                           nullptr) == 1);
  return state;
}

// Gives the nonce and the associated bytes to a prepared state.
bool begin(EVP_CIPHER_CTX* state, std::string_view nonce, std::string_view associated) {
  int length = 0;
  return EVP_CipherInit_ex2(state, nullptr, nullptr, octets(nonce), -1, nullptr) == 1 &&
         EVP_CipherUpdate(state, nullptr, &length, octets(associated), static_cast<int>(associated.size())) ==
             1;
}

// The parts of a sealed text after decoding; views into it.
struct SealedParts {
  std::string_view key_id;
  std::string_view nonce;
  std::string_view ciphertext;
  std::string_view tag;
};

std::optional<SealedParts> split(std::string_view raw) {
  if (raw.size() < kOverhead || raw[0] != kVersion) return std::nullopt;
  return SealedParts{raw.substr(kKeyIdAt, kKeyIdBytes), raw.substr(kNonceAt, kNonceBytes),
                     raw.substr(kCiphertextAt, raw.size() - kCiphertextAt - kTagBytes),
                     raw.substr(raw.size() - kTagBytes)};
}

std::optional<Secret> decrypt(EVP_CIPHER_CTX* state, const SealedParts& parts, std::string_view associated) {
  std::string plaintext(parts.ciphertext.size(), '\0');
  std::array<char, kTagBytes> tag;
  std::memcpy(tag.data(), parts.tag.data(), tag.size());
  int length = 0;
  int rest = 0;
  // The order matters: the tag must be known before the final step, which alone says whether anything was
  // authentic.
  const bool authentic =
      begin(state, parts.nonce, associated) &&
      EVP_CipherUpdate(state, octets(plaintext.data()), &length, octets(parts.ciphertext),
                       static_cast<int>(parts.ciphertext.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()), tag.data()) == 1 &&
      EVP_CipherFinal_ex(state, octets(plaintext.data()) + length, &rest) == 1 &&
      static_cast<std::size_t>(length) == plaintext.size() && plaintext.back() == '\0';
  if (!authentic) {
    wipe(plaintext);
    ERR_clear_error();
    return std::nullopt;
  }
  plaintext.pop_back();
  return Secret(std::move(plaintext));
}

}  // namespace

Result<KeyRing> KeyRing::make(std::vector<Secret> keys) {
  const auto refuse = [](std::string text) {
    return failure(ErrorKind::malformed, Side::configuration, std::move(text));
  };
  if (keys.empty()) return refuse("no key is given");
  if (keys.size() > kMaxSealKeys) return refuse("over " + std::to_string(kMaxSealKeys) + " keys are given");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].reveal().size() != kSealKeyBytes) {
      return refuse("key " + std::to_string(i + 1) + " does not have 32 bytes");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (constant_time_equal(keys[i].reveal(), keys[j].reveal())) {
        return refuse("keys " + std::to_string(j + 1) + " and " + std::to_string(i + 1) + " are the same");
      }
    }
  }
  return KeyRing(std::move(keys));
}

Secret derive_key(const Secret& master, Purpose purpose, std::string_view detail, std::size_t length) {
  std::string info;
  append_with_length(info, kKeyLabel);
  append_with_length(info, name_of(purpose));
  append_with_length(info, detail);
  return hkdf_sha256(master.reveal(), {}, info, length);
}

struct Sealer::Key {
  std::string id;
  CipherStateOwner sealing;  ///< of the first key alone
  CipherStateOwner opening;
};

Sealer::Sealer(const KeyRing& ring, Purpose purpose, Random& random) : purpose_(purpose), random_(random) {
  for (const Secret& master : ring.keys()) {
    const Secret key = derive_key(master, purpose, "seal", kSealKeyBytes);
    const Secret id = derive_key(master, purpose, "seal key id", kKeyIdBytes);
    CipherStateOwner sealing = keys_.empty() ? prepared_state(key, 1) : nullptr;
    keys_.push_back(Key{std::string(id.reveal()), std::move(sealing), prepared_state(key, 0)});
  }
}

Sealer::~Sealer() = default;
Sealer::Sealer(Sealer&&) noexcept = default;

std::string_view Sealer::associated_bytes(AssociatedNames names) {
  associated_.assign(1, kVersion);
  append_with_length(associated_, name_of(purpose_));
  append_with_length(associated_, names.name);
  append_with_length(associated_, names.scope);
  return associated_;
}

std::string Sealer::seal(std::string_view plaintext, AssociatedNames names) {
  CHECK(plaintext.size() <= kMaxSealedPlaintext);
  const Key& key = keys_.front();
  EVP_CIPHER_CTX* state = key.sealing.get();
  std::string raw(plaintext.size() + kOverhead, '\0');
  raw[0] = kVersion;
  std::memcpy(raw.data() + kKeyIdAt, key.id.data(), kKeyIdBytes);
  random_.fill(std::span<char>(raw.data() + kNonceAt, kNonceBytes));
  // Encrypted in place: the plaintext and its terminator, which is already zero, stand where the ciphertext
  // will.
  unsigned char* body = octets(raw.data()) + kCiphertextAt;
  if (!plaintext.empty()) std::memcpy(body, plaintext.data(), plaintext.size());
  const int body_length = static_cast<int>(plaintext.size() + kTerminatorBytes);
  int length = 0;
  int rest = 0;
  CHECK(begin(state, std::string_view(raw).substr(kNonceAt, kNonceBytes), associated_bytes(names)));
  CHECK(EVP_CipherUpdate(state, body, &length, body, body_length) == 1 && length == body_length);
  CHECK(EVP_CipherFinal_ex(state, body + length, &rest) == 1 && rest == 0);
  CHECK(EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_GET_TAG, kTagBytes, body + body_length) == 1);
  return base64url_encode(raw);
}

Result<Opened> Sealer::open(std::string_view sealed, AssociatedNames names) {
  if (sealed.size() < sealed_length(0) || sealed.size() > sealed_length(kMaxSealedPlaintext))
    return refusal();
  const Result<std::string> raw = base64url_decode(sealed);
  if (!raw) return refusal();
  const std::optional<SealedParts> parts = split(*raw);
  if (!parts) return refusal();
  const std::string_view associated = associated_bytes(names);
  for (const Key& key : keys_) {
    if (key.id != parts->key_id) continue;
    std::optional<Secret> plaintext = decrypt(key.opening.get(), *parts, associated);
    // Two keys may share an id by chance: go on.
    if (!plaintext) continue;
    return Opened{std::move(*plaintext), &key != &keys_.front()};
  }
  return refusal();
}

std::size_t Sealer::sealed_length(std::size_t plaintext_bytes) {
  return base64url_length(plaintext_bytes + kOverhead);
}

}  // namespace core

#include "tests/tls/support/records12.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>
#include <ranges>

#include "core/base/check.h"
#include "core/crypto/openssl.h"

namespace tests {
namespace {

constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kSaltBytes = 4;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kMasterBytes = 48;

/// RFC 5246 section 6.3: two keys, two salts.
using KeyBlock = std::array<unsigned char, 2 * kKeyBytes + 2 * kSaltBytes>;

KeyBlock key_block(SSL* ssl) {
  std::array<unsigned char, kMasterBytes> master{};
  CHECK(SSL_SESSION_get_master_key(SSL_get_session(ssl), master.data(), master.size()) == master.size());
  std::string seed = "key expansion";
  std::array<unsigned char, kRandomBytes> random{};
  SSL_get_server_random(ssl, random.data(), random.size());
  seed.append(random.begin(), random.end());
  SSL_get_client_random(ssl, random.data(), random.size());
  seed.append(random.begin(), random.end());
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 4> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master.data(), master.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed.data(), seed.size()),
      OSSL_PARAM_construct_end()};
  const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> prf(EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr),
                                                              &EVP_KDF_free);
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> run(EVP_KDF_CTX_new(prf.get()),
                                                                      &EVP_KDF_CTX_free);
  KeyBlock block{};
  CHECK(EVP_KDF_derive(run.get(), block.data(), block.size(), parameters.data()) == 1);
  return block;
}

std::string big_endian(std::uint64_t number) {
  std::string bytes(8, '\0');
  for (char& byte : std::ranges::reverse_view(bytes)) {
    byte = static_cast<char>(number & 0xff);
    number >>= 8;
  }
  return bytes;
}

}  // namespace

Records12::Records12(SSL* ssl) {
  CHECK(SSL_CIPHER_get_cipher_nid(SSL_get_current_cipher(ssl)) == NID_aes_128_gcm);
  const KeyBlock block = key_block(ssl);
  std::copy_n(block.begin(), kKeyBytes, key_.begin());
  std::copy_n(block.begin() + 2 * kKeyBytes, kSaltBytes, salt_.begin());
}

std::string Records12::seal(char type, std::string_view text) {
  const std::string number = big_endian(sequence_++);
  const std::string nonce = std::string(salt_.begin(), salt_.end()) + number;
  const auto length_of = [](std::size_t size) { return big_endian(size).substr(6); };
  const std::string begin = std::string(1, type) + "\x03\x03";
  const std::string covered = number + begin + length_of(text.size());
  std::string sealed(text.size(), '\0');
  std::array<unsigned char, kTagBytes> tag{};
  int count = 0;
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> run(EVP_CIPHER_CTX_new(),
                                                                            &EVP_CIPHER_CTX_free);
  EVP_EncryptInit_ex(run.get(), EVP_aes_128_gcm(), nullptr, key_.data(), core::octets(nonce));
  EVP_EncryptUpdate(run.get(), nullptr, &count, core::octets(covered), static_cast<int>(covered.size()));
  EVP_EncryptUpdate(run.get(), reinterpret_cast<unsigned char*>(sealed.data()), &count, core::octets(text),
                    static_cast<int>(text.size()));
  EVP_EncryptFinal_ex(run.get(), tag.data(), &count);
  CHECK(EVP_CIPHER_CTX_ctrl(run.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag.size()), tag.data()) == 1);
  const std::string body = number + sealed + std::string(tag.begin(), tag.end());
  return begin + length_of(body.size()) + body;
}

}  // namespace tests

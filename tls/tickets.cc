#include "tls/tickets.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/check.h"
#include "core/crypto/digest.h"
#include "core/crypto/openssl.h"

namespace tls {
namespace {

constexpr std::int64_t kSecondsADay = 24L * 60 * 60;
constexpr std::size_t kNameBytes = 16;
constexpr std::size_t kSecretBytes = 32;

TicketKeys::Key derive(const core::Secret& session_key, std::int64_t day) {
  const std::string info = "gateway tls ticket, day " + std::to_string(day);
  const core::Secret bytes = core::hkdf_sha256(session_key.reveal(), "", info, kNameBytes + 2 * kSecretBytes);
  TicketKeys::Key key;
  const std::string_view all = bytes.reveal();
  std::ranges::copy(all.substr(0, kNameBytes), key.name.begin());
  key.cipher_key = core::Secret(std::string(all.substr(kNameBytes, kSecretBytes)));
  key.mac_key = core::Secret(std::string(all.substr(kNameBytes + kSecretBytes)));
  return key;
}

bool set_mac_key(EVP_MAC_CTX* mac, const core::Secret& key) {
  // OSSL_PARAM is not const-correct; nothing is written.
  char digest[] = "SHA256";
  std::string_view bytes = key.reveal();
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<char*>(bytes.data()), bytes.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

// SSL_CTX_set_tlsext_ticket_key_evp_cb(3): -1 error, 0 no such key (full handshake), 1 used, 2 used and to be
// replaced. Browsers use a ticket of TLS 1.3 once (RFC 8446 appendix C.4): without a new one every second
// connection of theirs would be a full handshake. Tickets of TLS 1.2 are used until they end.
int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
              int sealing) {
  auto* keys = static_cast<TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const EVP_CIPHER* algorithm = EVP_aes_256_cbc();
  if (sealing == 1) {
    const TicketKeys::Key& key = keys->sealing_key();
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(algorithm)) != 1) return -1;
    std::ranges::copy(key.name, name);
    const unsigned char* secret = core::octets(key.cipher_key.reveal());
    if (EVP_EncryptInit_ex2(cipher, algorithm, secret, iv, nullptr) != 1) return -1;
    return set_mac_key(mac, key.mac_key) ? 1 : -1;
  }
  const TicketKeys::Key* key = keys->opening_key(name);
  if (key == nullptr) return 0;
  const unsigned char* secret = core::octets(key->cipher_key.reveal());
  if (EVP_DecryptInit_ex2(cipher, algorithm, secret, iv, nullptr) != 1) return -1;
  if (!set_mac_key(mac, key->mac_key)) return -1;
  return key->is_current && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
}

}  // namespace

TicketKeys::TicketKeys(std::vector<core::Secret> session_keys, const core::Clock& clock)
    : session_keys_(std::move(session_keys)), clock_(clock) {
  CHECK(!session_keys_.empty());
}

void TicketKeys::install(ssl_ctx_st* native) {
  SSL_CTX_set_app_data(native, this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(native, &on_ticket);
}

void TicketKeys::follow_the_day() {
  const std::int64_t today = core::unix_seconds(clock_.wall()) / kSecondsADay;
  if (today == day_) return;
  day_ = today;
  keys_.clear();
  for (const std::int64_t day : {today, today - 1, today + 1}) {
    for (const core::Secret& session_key : session_keys_) keys_.push_back(derive(session_key, day));
  }
  keys_.front().is_current = true;
}

const TicketKeys::Key& TicketKeys::sealing_key() {
  follow_the_day();
  return keys_.front();
}

const TicketKeys::Key* TicketKeys::opening_key(const unsigned char* name) {
  follow_the_day();
  const auto found = std::ranges::find_if(
      keys_, [name](const Key& key) { return std::memcmp(key.name.data(), name, kNameBytes) == 0; });
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace tls

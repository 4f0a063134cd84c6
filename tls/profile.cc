#include "tls/profile.h"

#include <openssl/err.h>

#include "core/crypto/openssl.h"
#include "core/loop/flow.h"

namespace tls {
namespace {

using core::Done;
using core::ErrorKind;
using core::failure;
using core::Result;
using core::Side;

// RFC 9325 section 4.2: forward secrecy and authenticated encryption, nothing else. Both sides.
constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";

// 112 bits: no RSA under 2048, no SHA-1.
constexpr int kSecurityLevel = 2;

// A ticket's key is accepted for one to two days; the ticket itself for one.
constexpr long kTicketSeconds = 24L * 60 * 60;

constexpr int kMaxChainDepth = 10;

Result<Done> unusable(std::string_view activity) {
  return failure(core::openssl_error(ErrorKind::internal, Side::us, activity));
}

Result<Done> set_common(SSL_CTX* native, MinimumVersion minimum) {
  const int lowest = minimum == MinimumVersion::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  SSL_CTX_set_security_level(native, kSecurityLevel);
  if (SSL_CTX_set_min_proto_version(native, lowest) != 1 ||
      SSL_CTX_set_max_proto_version(native, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(native, kCiphers12) != 1 || SSL_CTX_set_ciphersuites(native, kCiphers13) != 1 ||
      SSL_CTX_set1_groups_list(native, kGroups) != 1) {
    return unusable("preparing TLS");
  }
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
#ifdef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION
  // What a stranger sends is not inflated (CVE-2025-66199).
  SSL_CTX_set_options(native, SSL_OP_NO_RX_CERTIFICATE_COMPRESSION);
#endif
  SSL_CTX_clear_options(native, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(
      native, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // SSL_read comes back after each record that is not for the reader, so that the stream can count them.
  // Read-ahead stays off: the scratch already holds what one system call brought, and OpenSSL takes one
  // record of it at a time.
  SSL_CTX_clear_mode(native, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  return core::done();
}

Result<Done> trust(SSL_CTX* native, const ClientOptions& options) {
  if (options.ca_file.empty() && options.ca_text.empty()) {
    if (SSL_CTX_set_default_verify_paths(native) == 1) return core::done();
    return unusable("reading the system's root certificates");
  }
  X509_STORE* store = SSL_CTX_get_cert_store(native);
  // What an operator names is trusted itself: a root, an intermediate, or the server's own certificate.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  if (!options.ca_file.empty() && X509_STORE_load_file(store, options.ca_file.c_str()) != 1) {
    core::Error error = core::openssl_error(ErrorKind::refused, Side::configuration,
                                            "cannot read CA certificates from " + options.ca_file);
    error.text += "; it must be a readable PEM file with at least one certificate";
    return failure(std::move(error));
  }
  const core::BioOwner text = core::read_only_bio(options.ca_text);
  int added = 0;
  while (const core::CertificateOwner root{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(store, root.get()) != 1) return unusable("adding a CA certificate");
    ++added;
  }
  ERR_clear_error();
  if (!options.ca_text.empty() && added == 0) {
    return failure(ErrorKind::refused, Side::configuration, "the CA text holds no PEM certificate");
  }
  return core::done();
}

Result<Done> identify(SSL_CTX* native, const ClientOptions& options) {
  if (options.certificate_file.empty()) return core::done();
  const auto unreadable = [](const std::string& what, const std::string& mend) {
    core::Error error = core::openssl_error(ErrorKind::refused, Side::configuration, what);
    error.text += mend;
    return failure(std::move(error));
  };
  if (SSL_CTX_use_certificate_chain_file(native, options.certificate_file.c_str()) != 1) {
    return unreadable("cannot use the client certificate " + options.certificate_file,
                      "; it must be a readable PEM chain, its own certificate first");
  }
  // A key that asks for a passphrase must not stop the start at a prompt.
  SSL_CTX_set_default_passwd_cb(native, [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_use_PrivateKey_file(native, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return unreadable("cannot use the client key " + options.key_file,
                      "; it must be a readable PEM key without a passphrase, and fit its certificate");
  }
  return core::done();
}

/// Shows the answer that the certificate brought into the handshake (Certificate::install), if it did.
int on_status_request(SSL* ssl, void* /*unused*/) {
  const unsigned char* answer = nullptr;
  return SSL_get_tlsext_status_ocsp_resp(ssl, static_cast<void*>(&answer)) > 0 ? SSL_TLSEXT_ERR_OK
                                                                               : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

void FreeSettings::operator()(ssl_ctx_st* native) const {
  SSL_CTX_free(native);
}

Result<std::string> protocols_on_wire(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255) {
      return failure(ErrorKind::malformed, Side::configuration, "an ALPN name has 1 to 255 bytes");
    }
    wire += static_cast<char>(protocol.size());
    wire += protocol;
  }
  return wire;
}

Result<SettingsPointer> make_server_settings(const ServerOptions& options) {
  SettingsPointer native(SSL_CTX_new(TLS_server_method()));
  if (native == nullptr) return failure(core::openssl_error(ErrorKind::internal, Side::us, "preparing TLS"));
  if (Result<Done> set = set_common(native.get(), options.minimum_version); !set) {
    return failure(std::move(set.error()));
  }
  SSL_CTX_set_options(native.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_tlsext_status_cb(native.get(), on_status_request);
  SSL_CTX_set_num_tickets(native.get(), 1);
  SSL_CTX_set_timeout(native.get(), kTicketSeconds);
  SSL_CTX_set_max_early_data(native.get(), 0);
  return native;
}

Result<SettingsPointer> make_client_settings(const ClientOptions& options) {
  SettingsPointer native(SSL_CTX_new(TLS_client_method()));
  if (native == nullptr) return failure(core::openssl_error(ErrorKind::internal, Side::us, "preparing TLS"));
  Result<Done> ready = set_common(native.get(), options.minimum_version);
  if (ready) ready = trust(native.get(), options);
  if (ready) ready = identify(native.get(), options);
  if (!ready) return failure(std::move(ready.error()));
  const Result<std::string> wire = protocols_on_wire(options.protocols);
  if (!wire) return failure(wire.error());
  // Returns 0 for success, unlike its neighbours.
  if (!wire->empty() &&
      SSL_CTX_set_alpn_protos(native.get(), core::octets(*wire), static_cast<unsigned>(wire->size())) != 0) {
    return failure(core::openssl_error(ErrorKind::internal, Side::us, "preparing ALPN"));
  }
  SSL_CTX_set_verify(native.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_verify_depth(native.get(), kMaxChainDepth);
  SSL_CTX_set_options(native.get(), SSL_OP_NO_TICKET);
  return native;
}

}  // namespace tls

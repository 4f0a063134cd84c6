// Certificates that no honest authority makes, and a server that shows any certificate to anybody.
#pragma once

#include <string>
#include <vector>

#include "core/crypto/openssl.h"
#include "tests/tls/support/parties.h"
#include "tls/certificate.h"

namespace tests {

/// A name of subjectAltName by its type (GEN_DNS, GEN_IPADD, GEN_EMAIL, GEN_URI) and raw bytes.
struct RawName {
  int type;
  std::string bytes;
};

/// Self-signed, P-256, valid now.
tls::CertificateText craft(const std::vector<RawName>& names, const std::string& common_name);
/// An unencrypted PEM key.
std::string rsa_key_pem(unsigned bits);
/// The same key, encrypted under a passphrase.
std::string encrypted(const std::string& key_pem);

/// OpenSSL as a server that shows one certificate whatever is asked for.
class RawServer {
 public:
  RawServer(Thread& thread, StreamOwner wire, const tls::CertificatePointer& certificate,
            int version = TLS1_3_VERSION);
  /// One step: takes what came, goes on with the handshake, sends what it made.
  void step();
  [[nodiscard]] bool is_done() const { return done_; }
  /// The server name the client sent; empty: none.
  [[nodiscard]] std::string asked_for() const;
  [[nodiscard]] SSL* native() const { return ssl_.get(); }

 private:
  StreamOwner wire_;
  core::SslSettingsOwner settings_;
  core::SslOwner ssl_;
  bool done_ = false;
};

}  // namespace tests

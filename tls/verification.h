// What OpenSSL found wrong with a server's certificate, in words an operator can act on. Internal to tls/.
#pragma once

#include <string>

#include "core/crypto/openssl.h"

namespace tls {

/// Recorded by the verify callback of one handshake; described after it.
struct Verification {
  std::string wanted;              ///< the name or address the certificate must have
  int error = X509_V_OK;           ///< the first that was found
  core::CertificateOwner culprit;  ///< the certificate it is about, null: none
};

/// For SSL_set_verify. Finds its Verification as the SSL's app data; never accepts what OpenSSL did not.
int record_verification(int accepted, X509_STORE_CTX* store);

/// "the certificate of api.internal expired at …; it must be renewed there". Requires: an error was recorded.
std::string describe(const Verification& verification);

}  // namespace tls

// The chain behind a ClientCertificate. Internal to tls/; includes OpenSSL's headers.
#pragma once

#include "core/crypto/openssl.h"
#include "tls/certificate_pem.h"
#include "tls/client_certificate.h"

namespace tls {

struct ClientCertificate::Native {
  core::CertificateOwner leaf;
  ChainOwner others;  ///< what else the client sent; null: nothing
};

}  // namespace tls

// The certificate that a connection's client showed for the host that is asked for: proved in its handshake,
// by the authorities of that host.
#pragma once

#include <string>

#include "tls/client_certificate.h"

namespace gateway {

struct ShownCertificate {
  std::string client;                         ///< whose demand it met: a name in login.client_certificates
  tls::ClientCertificatePointer certificate;  ///< never null
};

}  // namespace gateway

// What the client of one TLS connection has proved, and for which hosts it may ask therefore: those that ask
// for certificates in the very way that it was asked in its handshake, and no other. A connection that stands
// is judged again when authorities or revocation lists have changed, and when its certificate ends.
#pragma once

#include "core/base/clock.h"
#include "core/crypto/digest.h"
#include "gateway/model/shown_certificate.h"
#include "tls/client_demand.h"

namespace gateway {

class ClientProof {
 public:
  /// As the handshake had it; `demand` null: the client was not asked.
  ClientProof(const tls::ClientDemandPointer& demand, tls::ClientCertificatePointer certificate);

  /// `wanted`: the demand of the host that is asked for, null: none.
  bool may_ask(const tls::ClientDemandPointer& wanted, core::WallTime now);
  /// Null: the client showed none.
  [[nodiscard]] const ShownCertificate* shown() const { return shown_.certificate ? &shown_ : nullptr; }

 private:
  ShownCertificate shown_;           // its client is the demand's name; empty: not asked
  core::Sha256Digest met_demand_{};  // that the certificate was last found good by
};

}  // namespace gateway

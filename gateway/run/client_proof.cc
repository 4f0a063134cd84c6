#include "gateway/run/client_proof.h"

#include <utility>

namespace gateway {

ClientProof::ClientProof(const tls::ClientDemandPointer& demand, tls::ClientCertificatePointer certificate) {
  if (demand == nullptr) return;
  shown_.client = demand->name();
  shown_.certificate = std::move(certificate);
  met_demand_ = demand->fingerprint();
}

bool ClientProof::may_ask(const tls::ClientDemandPointer& wanted, core::WallTime now) {
  if (wanted == nullptr) return shown_.client.empty();
  if (shown_.client != wanted->name()) return false;
  if (shown_.certificate == nullptr) return !wanted->is_required();
  if (now >= shown_.certificate->subject().not_after) return false;
  if (met_demand_ == wanted->fingerprint()) return true;
  if (!wanted->takes(*shown_.certificate)) return false;
  met_demand_ = wanted->fingerprint();
  return true;
}

}  // namespace gateway

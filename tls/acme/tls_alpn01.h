// tls-alpn-01 (RFC 8737): a self-signed certificate with the digest of the key authorization, shown to who
// asks for the protocol acme-tls/1 and the name alone. Where it is shown, and that every replica shows it, is
// the stage's.
#pragma once

#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/crypto/digest.h"
#include "tls/acme/challenge.h"
#include "tls/certificate.h"

namespace tls {

/// All that it takes to answer: no secret, so that a replica can be told.
struct AlpnChallenge {
  std::string identifier;
  core::Sha256Digest digest{};  ///< of the key authorization
};

/// The certificate of RFC 8737 section 3 for a name or (RFC 8738 section 6) an address, with a key of its
/// own.
core::Result<CertificatePointer> challenge_certificate(const AlpnChallenge& challenge, core::WallTime now);
/// What the authority sends as server name: the name itself, or the address as a name below in-addr.arpa or
/// ip6.arpa.
std::string challenge_server_name(std::string_view identifier);

/// Where challenges are answered. MUST: show() ends when this process answers and all that others need is
/// theirs to read; await_everywhere() ends when they have had the time to; hide() of what is not shown is no
/// error.
class AlpnStage {
 public:
  virtual ~AlpnStage() = default;
  virtual core::Flow<> show(AlpnChallenge challenge) = 0;
  virtual core::Flow<> await_everywhere(AlpnChallenge challenge) = 0;
  virtual core::Flow<> hide(AlpnChallenge challenge) = 0;
};

class TlsAlpn01 final : public Challenge {
 public:
  /// `stage` must outlive it.
  explicit TlsAlpn01(AlpnStage& stage) : stage_(stage) {}

  [[nodiscard]] std::string_view type() const override { return "tls-alpn-01"; }
  [[nodiscard]] bool can_prove(std::string_view identifier, bool is_wildcard) const override;
  core::Flow<> present(Proof proof) override;
  core::Flow<> wait_until_visible(Proof proof) override;
  core::Flow<> withdraw(Proof proof) override;

 private:
  AlpnStage& stage_;
};

}  // namespace tls

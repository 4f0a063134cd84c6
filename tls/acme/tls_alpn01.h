// tls-alpn-01 (RFC 8737): a self-signed certificate with the digest of the key authorization, shown to who
// asks for the protocol acme-tls/1 and the name alone. Where it is shown is the owner's: it hears of every
// change.
#pragma once

#include <functional>

#include "core/base/clock.h"
#include "tls/acme/challenge.h"
#include "tls/certificate.h"

namespace tls {

/// The certificate of RFC 8737 section 3 for a name or (RFC 8738 section 6) an address.
core::Result<CertificatePointer> challenge_certificate(const Proof& proof, core::WallTime now);
/// What the authority sends as server name: the name itself, or the address as a name below in-addr.arpa or
/// ip6.arpa.
std::string challenge_server_name(std::string_view identifier);

class TlsAlpn01 final : public Challenge {
 public:
  /// Shows `certificate` to who asks for `server_name`; null: nothing any more.
  using Show = std::function<void(const std::string& server_name, CertificatePointer certificate)>;
  /// `clock` must outlive it.
  TlsAlpn01(const core::Clock& clock, Show show) : clock_(clock), show_(std::move(show)) {}

  [[nodiscard]] std::string_view type() const override { return "tls-alpn-01"; }
  [[nodiscard]] bool can_prove(std::string_view identifier, bool is_wildcard) const override;
  core::Flow<> present(Proof proof) override;
  core::Flow<> wait_until_visible(Proof proof) override;
  core::Flow<> withdraw(Proof proof) override;

 private:
  const core::Clock& clock_;
  Show show_;
};

}  // namespace tls

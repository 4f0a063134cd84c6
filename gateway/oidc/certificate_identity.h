// Who shows a certificate (login.client_certificates): the identity that policies judge, made of what the
// certificate says as if these were claims. One worker's; what was made is kept by the certificate.
//
//   sub          the distinguished name; of a certificate without one its first URI, DNS name or e-mail, or
//   the
//                fingerprint
//   cn, ou       common name; organizational units, a list
//   email, dns, uri   from subjectAltName alone; lists
//   issuer, serial, fingerprint
#pragma once

#include "config/types_access.h"
#include "core/base/log.h"
#include "gateway/model/request.h"
#include "gateway/model/shown_certificate.h"
#include "gateway/oidc/claims.h"
#include "gateway/session/session_cache.h"

namespace gateway {

/// As `refused` or `unverified` as claims can be.
core::Result<Identity> certificate_identity(const config::CertificateClient& client,
                                            const tls::ClientSubject& subject, const ClaimPaths& kept);

/// All borrowed.
struct CertificateIdentityParts {
  const std::vector<config::CertificateClient>& clients;
  const ClaimPaths& kept_claims;
  const core::Log& log;
};

class CertificateIdentities {
 public:
  explicit CertificateIdentities(CertificateIdentityParts parts) : parts_(parts) {}

  /// Borrowed, valid until the next call. Null: the request's certificate says nothing that counts (now). No
  /// allocation for one that this worker knows. Requires: request.certificate.
  CachedSession* find(const Request& request);

 private:
  CertificateIdentityParts parts_;
  core::Sha256Stream hash_;
  DigestCache<CachedSession> known_;
};

}  // namespace gateway

// What a certificate says that matters before anybody asks for it: names, dates, and whether a private key is
// its own. Read from OpenSSL's objects, or from the bytes alone, which costs a twentieth of building the
// objects. The bytes alone tell of what is usual (version 3; P-256, P-384 and RSA keys as OpenSSL writes
// them); whoever gets nothing builds the objects and asks those. Internal to tls/; includes OpenSSL's
// headers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "tls/x509_names.h"

namespace tls {

struct CertificateOutline {
  SubjectNames names;
  core::WallTime not_before;
  core::WallTime not_after;
  bool must_staple = false;  ///< RFC 7633
  std::string renewal_id;    ///< RFC 9773 section 4.1; empty without an authority key id
};

/// Nothing: its dates cannot be read.
std::optional<CertificateOutline> outline_of(const X509* certificate);

/// Of one certificate (RFC 5280), the same as of its object. Nothing: it is unusual, or no certificate.
std::optional<CertificateOutline> quick_outline_of(std::string_view certificate);

/// Whether it has the shape of a certificate, usual as above.
bool is_quickly_certificate(std::string_view certificate);

/// Whether `key` (PKCS #8, RFC 5958; SEC 1, RFC 5915; or RSA, RFC 8017) says the public key of `certificate`
/// and is one that browsers take: what X509_check_private_key() compares. False: no, or it cannot be told.
bool is_quickly_key_of(std::string_view key, std::string_view certificate);

}  // namespace tls

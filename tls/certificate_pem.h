// What operators and authorities give as certificates: PEM (RFC 7468) in files or text, as the bytes in it
// and as OpenSSL's objects. Errors say the source and how to mend it. Internal to tls/; includes OpenSSL's
// headers.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/crypto/openssl.h"
#include "tls/certificate.h"

namespace tls {

/// Of a chain.
inline constexpr std::size_t kMaxChain = 16;

void free_chain(STACK_OF(X509) * chain);
using ChainOwner = core::OpensslOwner<STACK_OF(X509), free_chain>;

/// A chain and its key as OpenSSL holds them.
struct CertificateObjects {
  core::CertificateOwner leaf;  ///< null: there are none
  ChainOwner issuers;
  core::KeyOwner key;
};

std::unexpected<core::Error> certificate_refused(const std::string& source, std::string_view why);

/// A regular file of at most 1 MiB.
core::Result<std::string> read_pem_file(const std::string& path);
/// Every certificate in it, as DER. Refuses: none, broken PEM, more than kMaxChain.
core::Result<std::vector<std::string>> chain_in(const CertificateText& text);
/// The first private key in it, as DER; empty: there is none, or it is encrypted.
core::Secret key_bytes_in(const CertificateText& text);
/// The first private key in it. Refuses: none, broken, encrypted, RSA under 2048 bits.
core::Result<core::KeyOwner> key_in(const CertificateText& text);

/// The objects of `chain`, leaf first, without key. None: one is broken; OpenSSL's queue of errors says how.
CertificateObjects objects_of(const std::vector<std::string>& chain);
/// Null: it is none.
core::KeyOwner key_of(const core::Secret& bytes);

}  // namespace tls

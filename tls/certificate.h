// Server certificates: a chain with its private key, and the names it may be used for. Names are the
// subjectAltName's DNS names and IP addresses; the common name is ignored (RFC 9525 section 2). A wildcard
// stands for exactly one label. OpenSSL's objects are built when a handshake first wants them: until then a
// certificate is its bytes, its names and its dates. Not here: which certificate answers which client
// (certificate_table.h), issuing (self_signed.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/net/address.h"

struct ssl_st;
struct x509_st;

namespace tls {

/// PEM text of a chain (leaf first) with its private key, and where it came from, for messages.
struct CertificateText {
  std::string chain;
  core::Secret key;
  std::string source;
};

/// Immutable; shared by the table and the connections that were answered with it. Any thread.
class Certificate {
 public:
  /// Files of at most 1 MiB. Errors name the file and how to mend it. An expired certificate is no error.
  static core::Result<std::shared_ptr<const Certificate>> load(const std::string& chain_file,
                                                               const std::string& key_file);
  /// Refuses: no certificate, a broken one, a key that does not fit the first, an encrypted key, RSA under
  /// 2048 bits, a chain of over 16, no subjectAltName that can be used. What is usual is judged by its bytes
  /// (certificate_outline.h); of anything else the objects are built at once.
  static core::Result<std::shared_ptr<const Certificate>> parse(const CertificateText& text);
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  /// Lower-case; a wildcard as "*.example.com". Names with anything but letters, digits, - _ . are left out.
  [[nodiscard]] const std::vector<std::string>& dns_names() const;
  [[nodiscard]] const std::vector<core::IpAddress>& addresses() const;
  /// `host` in the normal form of core::Authority: a lower-case name, IPv4, or IPv6 in brackets.
  [[nodiscard]] bool covers(std::string_view host) const;
  [[nodiscard]] core::WallTime not_before() const;
  [[nodiscard]] core::WallTime not_after() const;
  /// SHA-256 over the whole chain, 32 bytes.
  [[nodiscard]] const std::string& fingerprint() const;
  /// What its authority calls it where renewals are asked about (RFC 9773 section 4.1): base64url(authority
  /// key id) "." base64url(serial). Empty without an authority key id.
  [[nodiscard]] const std::string& renewal_id() const;
  [[nodiscard]] const std::string& source() const;
  /// Whether clients refuse it without a stapled answer of its authority (RFC 7633).
  [[nodiscard]] bool must_staple() const;
  /// The same certificate with this OCSP answer for handshakes that ask for one; empty: none.
  [[nodiscard]] std::shared_ptr<const Certificate> with_staple(std::string ocsp_answer) const;

  /// Makes a handshake answer with this certificate: builds OpenSSL's objects, if nobody has, in under a
  /// millisecond. For the acceptor; `ssl` keeps its own references. False: OpenSSL does not take them after
  /// all.
  [[nodiscard]] bool install(ssl_st* ssl) const;
  // For tls/ocsp; they build. The issuer is null if the file has none.
  [[nodiscard]] x509_st* leaf() const;
  [[nodiscard]] x509_st* issuer() const;

 private:
  class Body;
  Certificate(std::shared_ptr<const Body> body, std::string staple);
  std::shared_ptr<const Body> body_;
  std::string staple_;
};

using CertificatePointer = std::shared_ptr<const Certificate>;

}  // namespace tls

#include "tls/acme/tls_alpn01.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "core/crypto/digest.h"
#include "core/crypto/key.h"
#include "core/crypto/openssl.h"
#include "tls/acme/certificate_request.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::Result;
using core::Side;

constexpr const char* kAcmeIdentifier = "1.3.6.1.5.5.7.1.31";  // RFC 8737 section 6.1
constexpr std::string_view kSubject = "ACME challenge";
constexpr long kVersion3 = 2;
constexpr int kSerialBits = 127;
constexpr auto kBefore = std::chrono::hours(24);
constexpr auto kAfter = std::chrono::hours(24 * 7);

using ObjectOwner = core::OpensslOwner<ASN1_OBJECT, ASN1_OBJECT_free>;
using OctetsOwner = core::OpensslOwner<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using ExtensionOwner = core::OpensslOwner<X509_EXTENSION, X509_EXTENSION_free>;

bool add_digest(X509* certificate, const core::Sha256Digest& digest) {
  // The extension holds an OCTET STRING of 32 bytes: its DER is 04 20 and the digest.
  std::string der("\x04\x20", 2);
  der += core::view_of(digest);
  const ObjectOwner id(OBJ_txt2obj(kAcmeIdentifier, 1));
  const OctetsOwner value(ASN1_OCTET_STRING_new());
  if (id == nullptr || value == nullptr ||
      ASN1_OCTET_STRING_set(value.get(), core::octets(der), static_cast<int>(der.size())) != 1) {
    return false;
  }
  const ExtensionOwner extension(X509_EXTENSION_create_by_OBJ(nullptr, id.get(), 1, value.get()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_name(X509* certificate, const std::string& identifier) {
  const std::string value = (is_address(identifier) ? "IP:" : "DNS:") + identifier;
  const ExtensionOwner extension(X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool fill(X509* certificate, const AlpnChallenge& challenge, core::WallTime now, EVP_PKEY* key) {
  const core::BignumOwner serial(BN_new());
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_set_version(certificate, kVersion3) == 1 &&
         BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), core::unix_seconds(now - kBefore)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), core::unix_seconds(now + kAfter)) != nullptr &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, core::octets(kSubject), kSubject.size(), -1,
                                    0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
         add_name(certificate, challenge.identifier) && add_digest(certificate, challenge.digest);
}

AlpnChallenge challenge_of(const Proof& proof) {
  return {proof.identifier, core::sha256(proof.key_authorization)};
}

}  // namespace

Result<CertificatePointer> challenge_certificate(const AlpnChallenge& challenge, core::WallTime now) {
  // The identifier comes from the authority; only what a request of ours could name goes any further.
  if (challenge.identifier.starts_with("*.") ||
      !certificate_request(core::PrivateKey::generate(core::KeyKind::p256), {challenge.identifier})) {
    return core::failure(ErrorKind::malformed, Side::authority,
                         "a challenge for what is no name: " + challenge.identifier);
  }
  const core::PrivateKey key = core::PrivateKey::generate(core::KeyKind::p256);
  const core::CertificateOwner certificate(X509_new());
  if (certificate == nullptr || !fill(certificate.get(), challenge, now, key.native()) ||
      X509_sign(certificate.get(), key.native(), EVP_sha256()) == 0) {
    return core::failure(
        core::openssl_error(ErrorKind::internal, Side::us, "making a challenge certificate"));
  }
  const core::BioOwner out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate.get());
  CertificateText text;
  text.chain = std::string(core::contents_of(out.get()));
  text.key = key.to_pem();
  text.source = "challenge for " + challenge.identifier;
  return Certificate::parse(text);
}

std::string challenge_server_name(std::string_view identifier) {
  const Result<core::IpAddress> address = core::IpAddress::parse(identifier);
  if (!address) return std::string(identifier);
  std::string name;
  const auto& bytes = address->bytes();
  if (address->is_v4()) {
    for (int i = 3; i >= 0; --i) name += fmt::format("{}.", bytes[static_cast<std::size_t>(i)]);
    return name + "in-addr.arpa";
  }
  for (int i = 15; i >= 0; --i) {
    const unsigned byte = bytes[static_cast<std::size_t>(i)];
    name += fmt::format("{:x}.{:x}.", byte & 15U, byte >> 4U);
  }
  return name + "ip6.arpa";
}

bool TlsAlpn01::can_prove(std::string_view /*identifier*/, bool is_wildcard) const {
  return !is_wildcard;
}

core::Flow<> TlsAlpn01::present(Proof proof) {
  co_await stage_.show(challenge_of(proof));
  co_return core::done();
}

core::Flow<> TlsAlpn01::wait_until_visible(Proof proof) {
  co_await stage_.await_everywhere(challenge_of(proof));
  co_return core::done();
}

core::Flow<> TlsAlpn01::withdraw(Proof proof) {
  co_await stage_.hide(challenge_of(proof));
  co_return core::done();
}

}  // namespace tls

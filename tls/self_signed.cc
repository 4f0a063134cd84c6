#include "tls/self_signed.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/crypto/openssl.h"
#include "tls/x509_names.h"

namespace tls {
namespace {

using core::Error;
using core::ErrorKind;
using core::failure;
using core::Result;
using core::Side;

// RFC 5280 section 4.1.2.2: positive, at most 20 octets; 64 random bits are the least CAs use.
constexpr int kSerialBits = 127;
constexpr long kVersion3 = 2;

std::unexpected<Error> broken(std::string_view activity) {
  return failure(core::openssl_error(ErrorKind::internal, Side::us, activity));
}

/// Sets everything but the extensions and the signature.
bool fill(X509* certificate, const Validity& validity, EVP_PKEY* key) {
  const core::BignumOwner serial(BN_new());
  return X509_set_version(certificate, kVersion3) == 1 &&
         BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), core::unix_seconds(validity.not_before)) !=
             nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), core::unix_seconds(validity.not_after)) != nullptr &&
         X509_set_pubkey(certificate, key) == 1;
}

bool set_common_name(X509_NAME* name, const std::string& text) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, core::octets(text),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX names;
  X509V3_set_ctx_nodb(&names);
  X509V3_set_ctx(&names, issuer, certificate, nullptr, nullptr, 0);
  const core::OpensslOwner<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &names, id, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string pem_of(X509* certificate) {
  const core::BioOwner out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate);
  return std::string(core::contents_of(out.get()));
}

core::Secret pem_of(EVP_PKEY* key) {
  const core::BioOwner out(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return core::Secret(std::string(core::contents_of(out.get())));
}

// The names go into OpenSSL's little configuration language, so nothing but names may get there.
Result<std::string> alternative_names(const std::vector<std::string>& names) {
  std::string value;
  for (const std::string& name : names) {
    if (!value.empty()) value += ',';
    const std::string_view checked = std::string_view(name).substr(name.starts_with("*.") ? 2 : 0);
    if (const Result<core::IpAddress> address = core::IpAddress::parse(name)) {
      value += "IP:" + address->text();
    } else if (is_dns_name(checked)) {
      value += "DNS:" + name;
    } else {
      return failure(ErrorKind::malformed, Side::configuration,
                     "no DNS name or address for a certificate: " + name);
    }
  }
  if (value.empty()) return failure(ErrorKind::malformed, Side::configuration, "a certificate needs a name");
  return value;
}

Result<std::string> constraints(const std::vector<std::string>& permitted) {
  std::string value = "critical";
  for (const std::string& name : permitted) {
    const Result<core::IpAddress> address = core::IpAddress::parse(name);
    if (address) {
      value += fmt::format(",permitted;IP:{}/{}", address->text(),
                           address->is_v4() ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    } else if (is_dns_name(name)) {
      value += ",permitted;DNS:" + name;
    } else {
      return failure(ErrorKind::malformed, Side::configuration, "no DNS name or address to permit: " + name);
    }
  }
  return value;
}

}  // namespace

struct PrivateAuthority::Native {
  core::CertificateOwner certificate;
  core::KeyOwner key;
  std::string pem;
};

PrivateAuthority::PrivateAuthority(std::unique_ptr<Native> native) : native_(std::move(native)) {}
PrivateAuthority::~PrivateAuthority() = default;

const std::string& PrivateAuthority::certificate() const {
  return native_->pem;
}

Result<std::unique_ptr<PrivateAuthority>> PrivateAuthority::make(const AuthorityRequest& request) {
  const Result<std::string> permitted = constraints(request.permitted);
  if (!permitted) return failure(permitted.error());
  auto native = std::make_unique<Native>();
  native->key.reset(EVP_EC_gen("P-256"));
  native->certificate.reset(X509_new());
  X509* root = native->certificate.get();
  if (native->key == nullptr || root == nullptr || !fill(root, request.validity, native->key.get())) {
    return broken("making a root certificate");
  }
  if (!set_common_name(X509_get_subject_name(root), request.common_name) ||
      X509_set_issuer_name(root, X509_get_subject_name(root)) != 1) {
    return broken("naming a root certificate");
  }
  const bool extended =
      add_extension(root, root, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      add_extension(root, root, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension(root, root, NID_subject_key_identifier, "hash") &&
      add_extension(root, root, NID_authority_key_identifier, "keyid:always") &&
      (request.permitted.empty() || add_extension(root, root, NID_name_constraints, *permitted));
  if (!extended || X509_sign(root, native->key.get(), EVP_sha256()) == 0) {
    return broken("signing a root certificate");
  }
  native->pem = pem_of(root);
  return std::unique_ptr<PrivateAuthority>(new PrivateAuthority(std::move(native)));
}

Result<std::unique_ptr<PrivateAuthority>> PrivateAuthority::for_localhost(const Validity& validity) {
  AuthorityRequest request;
  request.common_name = "gateway demo root (localhost only)";
  request.validity = validity;
  request.permitted = {"localhost", "127.0.0.1", "::1"};
  return make(request);
}

Result<CertificateText> PrivateAuthority::issue(const LeafRequest& request) const {
  const Result<std::string> names = alternative_names(request.names);
  if (!names) return failure(names.error());
  const core::KeyOwner key(EVP_EC_gen("P-256"));
  const core::CertificateOwner owner(X509_new());
  X509* leaf = owner.get();
  X509* root = native_->certificate.get();
  if (key == nullptr || leaf == nullptr || !fill(leaf, request.validity, key.get()) ||
      X509_set_issuer_name(leaf, X509_get_subject_name(root)) != 1) {
    return broken("making a certificate");
  }
  // The subject stays empty: names are in subjectAltName, which is critical then (RFC 5280 section 4.2.1.6).
  const bool extended = add_extension(leaf, root, NID_basic_constraints, "critical,CA:FALSE") &&
                        add_extension(leaf, root, NID_key_usage, "critical,digitalSignature") &&
                        add_extension(leaf, root, NID_ext_key_usage, "serverAuth") &&
                        add_extension(leaf, root, NID_subject_key_identifier, "hash") &&
                        add_extension(leaf, root, NID_authority_key_identifier, "keyid:always") &&
                        add_extension(leaf, root, NID_subject_alt_name, "critical," + *names);
  if (!extended || X509_sign(leaf, native_->key.get(), EVP_sha256()) == 0) {
    return broken("signing a certificate");
  }
  CertificateText text;
  text.chain = pem_of(leaf);
  text.key = pem_of(key.get());
  text.source = fmt::format("made here for {}", fmt::join(request.names, ", "));
  return text;
}

}  // namespace tls

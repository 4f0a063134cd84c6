#include "tls/client_certificate.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "core/text/utf8.h"
#include "tls/client_certificate_native.h"
#include "tls/x509_names.h"

namespace tls {
namespace {

using NamesOwner = core::OpensslOwner<GENERAL_NAMES, GENERAL_NAMES_free>;

/// Nothing for what is empty, too long, or no plain text: a name with a NUL or a line end is nobody's.
std::string plain(std::string_view text) {
  return text.size() <= kMaxClientName && core::is_plain_text(text) ? std::string(text) : std::string();
}

std::string text_of(const ASN1_STRING* value) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, value);
  if (size < 0) return {};
  std::string text = plain({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
  OPENSSL_free(bytes);
  return text;
}

std::string bytes_of(const ASN1_IA5STRING* value) {
  return plain({reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                static_cast<std::size_t>(ASN1_STRING_length(value))});
}

void add(std::vector<std::string>& list, std::string text) {
  if (!text.empty() && list.size() < kMaxClientNames) list.push_back(std::move(text));
}

std::vector<std::string> parts_of(const X509_NAME* name, int kind) {
  std::vector<std::string> parts;
  for (int i = X509_NAME_get_index_by_NID(name, kind, -1); i >= 0;
       i = X509_NAME_get_index_by_NID(name, kind, i)) {
    add(parts, text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i))));
  }
  return parts;
}

/// RFC 2253; empty where it does not fit: half a name is another's.
std::string whole_name(const X509_NAME* name) {
  const core::BioOwner text(BIO_new(BIO_s_mem()));
  if (text == nullptr || X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
    return {};
  return plain(core::contents_of(text.get()));
}

void take_alternative_names(const X509* leaf, ClientSubject& subject) {
  const NamesOwner names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_EMAIL) add(subject.emails, bytes_of(name->d.rfc822Name));
    if (name->type == GEN_DNS) add(subject.dns, bytes_of(name->d.dNSName));
    if (name->type == GEN_URI) add(subject.uris, bytes_of(name->d.uniformResourceIdentifier));
  }
}

std::string serial_of(const X509* leaf) {
  const core::BignumOwner number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), nullptr));
  if (number == nullptr) return {};
  char* digits = BN_bn2hex(number.get());
  std::string text = digits == nullptr ? std::string() : std::string(digits);
  OPENSSL_free(digits);
  return text;
}

std::string fingerprint_of(const X509* leaf) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  if (X509_digest(leaf, EVP_sha256(), digest.data(), &size) != 1) return {};
  std::string text;
  for (const unsigned char byte : digest) text.append(fmt::format("{:02x}", byte));
  return text;
}

ClientSubject read(const X509* leaf) {
  ClientSubject subject;
  const X509_NAME* name = X509_get_subject_name(leaf);
  subject.subject = whole_name(name);
  // Of several the last is the most specific (RFC 4514 section 2 writes it first).
  const std::vector<std::string> common = parts_of(name, NID_commonName);
  if (!common.empty()) subject.common_name = common.back();
  subject.organizational_units = parts_of(name, NID_organizationalUnitName);
  subject.issuer = whole_name(X509_get_issuer_name(leaf));
  subject.serial = serial_of(leaf);
  subject.fingerprint = fingerprint_of(leaf);
  subject.not_after = time_of(X509_get0_notAfter(leaf)).value_or(core::WallTime());
  take_alternative_names(leaf, subject);
  return subject;
}

}  // namespace

ClientCertificate::ClientCertificate(std::unique_ptr<Native> native)
    : native_(std::move(native)), subject_(read(native_->leaf.get())) {}

ClientCertificate::~ClientCertificate() = default;

ClientCertificatePointer ClientCertificate::of(const ssl_st* ssl) {
  auto native = std::make_unique<Native>();
  native->leaf.reset(SSL_get1_peer_certificate(ssl));
  if (native->leaf == nullptr) return nullptr;
  // On the server's side without the leaf.
  if (STACK_OF(X509)* others = SSL_get_peer_cert_chain(ssl); others != nullptr)
    native->others.reset(X509_chain_up_ref(others));
  return ClientCertificatePointer(new ClientCertificate(std::move(native)));
}

ClientCertificatePointer ClientCertificate::from_pem(std::string_view pem) {
  auto native = std::make_unique<Native>();
  const core::BioOwner bytes = core::read_only_bio(pem);
  native->leaf.reset(PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (native->leaf == nullptr) return nullptr;
  return ClientCertificatePointer(new ClientCertificate(std::move(native)));
}

}  // namespace tls

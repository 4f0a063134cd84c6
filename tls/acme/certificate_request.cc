#include "tls/acme/certificate_request.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "core/crypto/openssl.h"
#include "tls/x509_names.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::failure;
using core::Result;
using core::Side;

constexpr std::size_t kMaxNames = 100;
constexpr int kMaxChain = 16;
constexpr auto kClockDifference = std::chrono::hours(1);

// The names go into OpenSSL's little configuration language, so nothing but names may get there.
Result<std::string> alternative_names(const std::vector<std::string>& names) {
  if (names.empty() || names.size() > kMaxNames) {
    return failure(ErrorKind::malformed, Side::us, "a certificate request needs 1 to 100 names");
  }
  std::string value;
  for (const std::string& name : names) {
    if (!value.empty()) value += ',';
    const std::string_view bare = std::string_view(name).substr(name.starts_with("*.") ? 2 : 0);
    if (is_address(name)) {
      value += "IP:" + name;
    } else if (is_dns_name(bare)) {
      value += "DNS:" + name;
    } else {
      return failure(ErrorKind::malformed, Side::us, "no DNS name or address for a certificate: " + name);
    }
  }
  return value;
}

void free_extensions(STACK_OF(X509_EXTENSION) * list) {
  sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}
using ExtensionsOwner = core::OpensslOwner<STACK_OF(X509_EXTENSION), free_extensions>;

bool add_names(X509_REQ* request, const std::string& names) {
  const ExtensionsOwner list(sk_X509_EXTENSION_new_null());
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  if (list == nullptr || extension == nullptr) return false;
  sk_X509_EXTENSION_push(list.get(), extension);
  return X509_REQ_add_extensions(request, list.get()) == 1;
}

std::string der_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  std::string out;
  if (size > 0) out.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

std::string common_name(const X509_NAME* name) {
  const int place = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (place < 0) return {};
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, place));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

}  // namespace

bool is_address(std::string_view name) {
  return core::IpAddress::parse(name).has_value();
}

Result<std::string> certificate_request(const core::PrivateKey& key, const std::vector<std::string>& names) {
  const Result<std::string> alternative = alternative_names(names);
  if (!alternative) return failure(alternative.error());
  const core::CertificateRequestOwner request(X509_REQ_new());
  const bool is_made = request != nullptr && X509_REQ_set_version(request.get(), 0) == 1 &&
                       X509_REQ_set_pubkey(request.get(), key.native()) == 1 &&
                       add_names(request.get(), *alternative) &&
                       X509_REQ_sign(request.get(), key.native(), EVP_sha256()) > 0;
  unsigned char* der = nullptr;
  const int size = is_made ? i2d_X509_REQ(request.get(), &der) : -1;
  if (size <= 0) {
    return failure(core::openssl_error(ErrorKind::internal, Side::us, "making a certificate request"));
  }
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

Result<core::Done> check_issued(const Certificate& certificate, const std::vector<std::string>& names,
                                core::WallTime now) {
  const auto wrong = [](std::string text) {
    return failure(ErrorKind::unverified, Side::authority, "the certificate that was issued " + text,
                   core::Retry::later);
  };
  for (const std::string& name : names) {
    const bool is_wildcard = name.starts_with("*.");
    const bool has_wildcard =
        std::ranges::find(certificate.dns_names(), name) != certificate.dns_names().end();
    if (is_wildcard ? !has_wildcard : !certificate.covers(name)) return wrong("does not name " + name);
  }
  if (certificate.dns_names().size() + certificate.addresses().size() > names.size()) {
    return wrong("names more than was ordered");
  }
  if (certificate.not_after() <= now)
    return wrong("has expired already; is the clock of this machine right?");
  if (certificate.not_before() > now + kClockDifference) {
    return wrong("is not valid yet; is the clock of this machine right?");
  }
  return core::Done{};
}

std::string top_issuer(std::string_view chain) {
  const core::BioOwner bio = core::read_only_bio(chain);
  std::string name;
  for (int i = 0; i < kMaxChain; ++i) {
    const core::CertificateOwner next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (next == nullptr) break;
    name = common_name(X509_get_issuer_name(next.get()));
  }
  ERR_clear_error();
  return name;
}

Result<std::string> leaf_of(std::string_view chain) {
  const core::BioOwner bio = core::read_only_bio(chain);
  const core::CertificateOwner leaf(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (leaf == nullptr) return failure(ErrorKind::malformed, Side::us, "no PEM certificate");
  return der_of(leaf.get());
}

}  // namespace tls

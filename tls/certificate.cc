#include "tls/certificate.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "core/crypto/digest.h"
#include "core/crypto/openssl.h"
#include "tls/x509_names.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::failure;
using core::Result;
using core::Side;

constexpr std::size_t kMaxPemBytes = 1024UL * 1024;
constexpr int kMaxChain = 16;
constexpr int kMinRsaBits = 2048;

std::unexpected<core::Error> refusal(const std::string& source, std::string_view why) {
  return failure(ErrorKind::refused, Side::configuration, fmt::format("{}: {}", source, why));
}

Result<std::string> read_pem_file(const std::string& path) {
  using File = core::OpensslOwner<std::FILE, std::fclose>;
  const File file(std::fopen(path.c_str(), "rbe"));
  std::string text;
  if (file != nullptr) {
    text.resize(kMaxPemBytes + 1);
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  }
  if (file == nullptr || std::ferror(file.get()) != 0) {
    const int reason = errno;
    const char* mend = reason == EACCES ? "; let the gateway's user read it (chgrp, chmod 0640)"
                                        : "; check the path under tls.certificates";
    return refusal(path, std::generic_category().message(reason) + mend);
  }
  if (text.size() > kMaxPemBytes) {
    core::wipe(text);
    return refusal(path, "over 1 MiB; it should hold PEM certificates or one PEM key");
  }
  return text;
}

void free_chain(STACK_OF(X509) * chain) {
  sk_X509_pop_free(chain, X509_free);
}
using ChainOwner = core::OpensslOwner<STACK_OF(X509), free_chain>;
using FeaturesOwner = core::OpensslOwner<TLS_FEATURE, TLS_FEATURE_free>;

Result<ChainOwner> parse_chain(const CertificateText& text) {
  const core::BioOwner bio = core::read_only_bio(text.chain);
  ChainOwner chain(sk_X509_new_null());
  ERR_clear_error();
  while (sk_X509_num(chain.get()) <= kMaxChain) {
    core::CertificateOwner next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (next == nullptr) break;
    sk_X509_push(chain.get(), next.release());
  }
  const unsigned long code = ERR_peek_last_error();
  const bool clean_end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  const std::string reason = core::openssl_errors();
  if (sk_X509_num(chain.get()) > kMaxChain) return refusal(text.source, "a chain of over 16 certificates");
  if (!clean_end) return refusal(text.source, "a certificate in it is broken: " + reason);
  if (sk_X509_num(chain.get()) == 0) {
    return refusal(text.source,
                   "no PEM certificate in it; it should begin with the server's own, issuers after it");
  }
  return chain;
}

int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<core::KeyOwner> parse_key(const CertificateText& text) {
  const core::BioOwner bio = core::read_only_bio(text.key.reveal());
  bool encrypted = false;
  ERR_clear_error();
  core::KeyOwner key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, &encrypted));
  const std::string reason = core::openssl_errors();
  if (encrypted) {
    return refusal(
        text.source,
        "its private key is encrypted; store it without passphrase (openssl pkey -in OLD -out NEW)");
  }
  if (key == nullptr) return refusal(text.source, "no PEM private key for it: " + reason);
  if (EVP_PKEY_is_a(key.get(), "RSA") == 1 && EVP_PKEY_get_bits(key.get()) < kMinRsaBits) {
    return refusal(text.source, fmt::format("an RSA key of {} bits; browsers want {} or more",
                                            EVP_PKEY_get_bits(key.get()), kMinRsaBits));
  }
  return key;
}

std::string fingerprint_of(const STACK_OF(X509) * chain) {
  core::Sha256Stream digest;
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(sk_X509_value(chain, i), &der);
    if (size > 0) digest.update({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
    OPENSSL_free(der);
  }
  return std::string(core::view_of(digest.finish()));
}

}  // namespace

struct Certificate::Native {
  core::CertificateOwner leaf;
  core::KeyOwner key;
  ChainOwner issuers;
  SubjectNames names;
  core::WallTime not_before;
  core::WallTime not_after;
  std::string fingerprint;
  std::string source;
};

Certificate::Certificate(std::shared_ptr<const Native> native, std::string staple)
    : native_(std::move(native)), staple_(std::move(staple)) {}
Certificate::~Certificate() = default;

Result<CertificatePointer> Certificate::load(const std::string& chain_file, const std::string& key_file) {
  Result<std::string> chain = read_pem_file(chain_file);
  if (!chain) return failure(std::move(chain.error()));
  Result<std::string> key = read_pem_file(key_file);
  if (!key) return failure(std::move(key.error()));
  CertificateText text;
  text.chain = std::move(*chain);
  text.key = core::Secret::take(*key);
  text.source = chain_file == key_file ? chain_file : fmt::format("{} with {}", chain_file, key_file);
  return parse(text);
}

Result<CertificatePointer> Certificate::parse(const CertificateText& text) {
  Result<ChainOwner> chain = parse_chain(text);
  if (!chain) return failure(std::move(chain.error()));
  Result<core::KeyOwner> key = parse_key(text);
  if (!key) return failure(std::move(key.error()));
  auto native = std::make_shared<Native>();
  native->fingerprint = fingerprint_of(chain->get());
  native->leaf.reset(sk_X509_shift(chain->get()));
  native->issuers = std::move(*chain);
  native->key = std::move(*key);
  native->source = text.source;
  if (X509_check_private_key(native->leaf.get(), native->key.get()) != 1) {
    ERR_clear_error();
    return refusal(text.source,
                   "the private key does not belong to the first certificate; the server's own comes first");
  }
  native->names = subject_names(native->leaf.get());
  if (native->names.dns.empty() && native->names.addresses.empty()) {
    return refusal(text.source,
                   "the first certificate has no usable DNS name or IP address (subjectAltName)");
  }
  const auto not_before = time_of(X509_get0_notBefore(native->leaf.get()));
  const auto not_after = time_of(X509_get0_notAfter(native->leaf.get()));
  if (!not_before || !not_after)
    return refusal(text.source, "the dates of the first certificate cannot be read");
  native->not_before = *not_before;
  native->not_after = *not_after;
  return CertificatePointer(new Certificate(std::move(native), {}));
}

const std::vector<std::string>& Certificate::dns_names() const {
  return native_->names.dns;
}
const std::vector<core::IpAddress>& Certificate::addresses() const {
  return native_->names.addresses;
}
core::WallTime Certificate::not_before() const {
  return native_->not_before;
}
core::WallTime Certificate::not_after() const {
  return native_->not_after;
}
const std::string& Certificate::fingerprint() const {
  return native_->fingerprint;
}
const std::string& Certificate::source() const {
  return native_->source;
}

bool Certificate::covers(std::string_view host) const {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!is_dns_name(host)) {
    const Result<core::IpAddress> address = core::IpAddress::parse(host);
    return address && std::ranges::find(native_->names.addresses, *address) != native_->names.addresses.end();
  }
  const std::size_t dot = host.find('.');
  const std::string_view parent = dot == std::string_view::npos ? std::string_view() : host.substr(dot);
  return std::ranges::any_of(native_->names.dns, [&](std::string_view name) {
    if (name.starts_with('*')) return !parent.empty() && name.substr(1) == parent;
    return name == host;
  });
}

bool Certificate::must_staple() const {
  constexpr long kStatusRequest = 5;  // the extension's number (RFC 6066)
  const FeaturesOwner features(
      static_cast<TLS_FEATURE*>(X509_get_ext_d2i(native_->leaf.get(), NID_tlsfeature, nullptr, nullptr)));
  for (int i = 0; i < sk_ASN1_INTEGER_num(features.get()); ++i) {
    if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features.get(), i)) == kStatusRequest) return true;
  }
  return false;
}

CertificatePointer Certificate::with_staple(std::string ocsp_answer) const {
  return CertificatePointer(new Certificate(native_, std::move(ocsp_answer)));
}

x509_st* Certificate::leaf() const {
  return native_->leaf.get();
}

x509_st* Certificate::issuer() const {
  return sk_X509_num(native_->issuers.get()) > 0 ? sk_X509_value(native_->issuers.get(), 0) : nullptr;
}

bool Certificate::install(ssl_st* ssl) const {
  if (SSL_use_cert_and_key(ssl, native_->leaf.get(), native_->key.get(), native_->issuers.get(), 1) != 1)
    return false;
  if (staple_.empty()) return true;
  // OpenSSL frees it. Whether it is shown is the status callback's (profile.cc).
  void* copy = OPENSSL_memdup(staple_.data(), staple_.size());
  return copy != nullptr &&
         SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(staple_.size())) == 1;
}

}  // namespace tls

#include "tls/certificate_pem.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <utility>

#include "config/read_file.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::failure;
using core::Result;
using core::Side;

constexpr std::size_t kMaxPemBytes = 1024UL * 1024;
constexpr int kMinRsaBits = 2048;

int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

void free_chain(STACK_OF(X509) * chain) {
  sk_X509_pop_free(chain, X509_free);
}

std::unexpected<core::Error> certificate_refused(const std::string& source, std::string_view why) {
  return failure(ErrorKind::refused, Side::configuration, fmt::format("{}: {}", source, why));
}

Result<std::string> read_pem_file(const std::string& path) {
  Result<std::string> text = config::read_file(path, kMaxPemBytes);
  if (text) return text;
  return failure(
      ErrorKind::refused, Side::configuration,
      text.error().text +
          "; check the path under tls.certificates, and that the gateway's user may read it (chgrp, "
          "chmod 0640)");
}

Result<std::vector<std::string>> chain_in(const CertificateText& text) {
  const core::BioOwner bio = core::read_only_bio(text.chain);
  std::vector<std::string> chain;
  ERR_clear_error();
  while (chain.size() <= kMaxChain) {
    unsigned char* bytes = nullptr;
    long size = 0;
    if (PEM_bytes_read_bio(&bytes, &size, nullptr, PEM_STRING_X509, bio.get(), nullptr, nullptr) != 1) break;
    chain.emplace_back(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
  }
  const unsigned long code = ERR_peek_last_error();
  const bool clean_end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  const std::string reason = core::openssl_errors();
  if (chain.size() > kMaxChain)
    return certificate_refused(text.source, fmt::format("a chain of over {} certificates", kMaxChain));
  if (!clean_end) return certificate_refused(text.source, "a certificate in it is broken: " + reason);
  if (!chain.empty()) return chain;
  return certificate_refused(
      text.source, "no PEM certificate in it; it should begin with the server's own, issuers after it");
}

core::Secret key_bytes_in(const CertificateText& text) {
  const core::BioOwner bio = core::read_only_bio(text.key.reveal());
  unsigned char* bytes = nullptr;
  long size = 0;
  bool is_encrypted = false;
  core::Secret key;
  if (PEM_bytes_read_bio_secmem(&bytes, &size, nullptr, PEM_STRING_EVP_PKEY, bio.get(), &no_passphrase,
                                &is_encrypted) == 1) {
    key = core::Secret(std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)));
    OPENSSL_secure_clear_free(bytes, static_cast<std::size_t>(size));
  }
  ERR_clear_error();
  return key;
}

Result<core::KeyOwner> key_in(const CertificateText& text) {
  const core::BioOwner bio = core::read_only_bio(text.key.reveal());
  bool is_encrypted = false;
  ERR_clear_error();
  core::KeyOwner key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, &is_encrypted));
  const std::string reason = core::openssl_errors();
  if (is_encrypted) {
    return certificate_refused(
        text.source,
        "its private key is encrypted; store it without passphrase (openssl pkey -in OLD -out NEW)");
  }
  if (key == nullptr) return certificate_refused(text.source, "no PEM private key for it: " + reason);
  if (EVP_PKEY_is_a(key.get(), "RSA") == 1 && EVP_PKEY_get_bits(key.get()) < kMinRsaBits) {
    return certificate_refused(text.source, fmt::format("an RSA key of {} bits; browsers want {} or more",
                                                        EVP_PKEY_get_bits(key.get()), kMinRsaBits));
  }
  return key;
}

CertificateObjects objects_of(const std::vector<std::string>& chain) {
  CertificateObjects objects;
  objects.issuers.reset(sk_X509_new_null());
  for (const std::string& certificate : chain) {
    const unsigned char* at = core::octets(certificate);
    core::CertificateOwner next(d2i_X509(nullptr, &at, static_cast<long>(certificate.size())));
    if (next == nullptr) return {};
    if (objects.leaf == nullptr) {
      objects.leaf = std::move(next);
    } else {
      sk_X509_push(objects.issuers.get(), next.release());
    }
  }
  return objects;
}

core::KeyOwner key_of(const core::Secret& bytes) {
  const unsigned char* at = core::octets(bytes.reveal());
  return core::KeyOwner(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(bytes.reveal().size())));
}

}  // namespace tls

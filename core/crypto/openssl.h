// RAII for OpenSSL's C types and its error queue as text. Internal to core/crypto and tls/: the one header
// that shows OpenSSL's own headers, so that its owners are written once. Not a wrapper of what OpenSSL does.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace core {

/// Calls one of OpenSSL's free functions.
template <auto free_function>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    free_function(object);
  }
};

template <typename T, auto free_function>
using OpensslOwner = std::unique_ptr<T, OpensslFree<free_function>>;

using BioOwner = OpensslOwner<BIO, BIO_free_all>;
using BignumOwner = OpensslOwner<BIGNUM, BN_clear_free>;
using CipherOwner = OpensslOwner<EVP_CIPHER, EVP_CIPHER_free>;
using CipherStateOwner = OpensslOwner<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using DigestOwner = OpensslOwner<EVP_MD, EVP_MD_free>;
using DigestStateOwner = OpensslOwner<EVP_MD_CTX, EVP_MD_CTX_free>;
using KdfOwner = OpensslOwner<EVP_KDF, EVP_KDF_free>;
using KdfStateOwner = OpensslOwner<EVP_KDF_CTX, EVP_KDF_CTX_free>;
using KeyOwner = OpensslOwner<EVP_PKEY, EVP_PKEY_free>;
using KeyStateOwner = OpensslOwner<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using MacOwner = OpensslOwner<EVP_MAC, EVP_MAC_free>;
using MacStateOwner = OpensslOwner<EVP_MAC_CTX, EVP_MAC_CTX_free>;
using SslOwner = OpensslOwner<SSL, SSL_free>;
using SslSettingsOwner = OpensslOwner<SSL_CTX, SSL_CTX_free>;
using SslSessionOwner = OpensslOwner<SSL_SESSION, SSL_SESSION_free>;
using CertificateOwner = OpensslOwner<X509, X509_free>;
using CertificateRequestOwner = OpensslOwner<X509_REQ, X509_REQ_free>;
using CertificateStoreOwner = OpensslOwner<X509_STORE, X509_STORE_free>;
using NameOwner = OpensslOwner<X509_NAME, X509_NAME_free>;

/// Takes everything off this thread's error queue: "reason; reason", or "no reason given". At most 512 bytes.
std::string openssl_errors();

/// An Error whose text is "<activity>: <error queue>"; empties the queue.
Error openssl_error(ErrorKind kind, Side side, std::string_view activity);

/// A read-only BIO over `bytes`, which must outlive it. At most 2^31 - 1 bytes.
BioOwner read_only_bio(std::string_view bytes);

/// What a memory BIO holds. The BIO keeps its copy until it is freed.
std::string_view contents_of(BIO* memory);

inline const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* octets(char* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}

}  // namespace core

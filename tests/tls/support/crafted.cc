#include "tests/tls/support/crafted.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>

namespace tests {
namespace {

GENERAL_NAME* raw_name(const RawName& name) {
  ASN1_STRING* text = name.type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
  ASN1_STRING_set(text, name.bytes.data(), static_cast<int>(name.bytes.size()));
  GENERAL_NAME* general = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(general, name.type, text);
  return general;
}

std::string key_pem(EVP_PKEY* key, const EVP_CIPHER* cipher, std::string passphrase) {
  const core::BioOwner out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(out.get(), key, cipher, nullptr, 0, nullptr,
                           cipher == nullptr ? nullptr : passphrase.data());
  return std::string(core::contents_of(out.get()));
}

}  // namespace

tls::CertificateText craft(const std::vector<RawName>& names, const std::string& common_name) {
  const core::KeyOwner key(EVP_EC_gen("P-256"));
  const core::CertificateOwner certificate(X509_new());
  X509* native = certificate.get();
  X509_set_version(native, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(native), 1);
  X509_gmtime_adj(X509_getm_notBefore(native), -3600);
  X509_gmtime_adj(X509_getm_notAfter(native), 3600);
  X509_set_pubkey(native, key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(native), "CN", MBSTRING_UTF8, core::octets(common_name),
                             -1, -1, 0);
  X509_set_issuer_name(native, X509_get_subject_name(native));
  if (!names.empty()) {
    GENERAL_NAMES* all = GENERAL_NAMES_new();
    for (const RawName& name : names) sk_GENERAL_NAME_push(all, raw_name(name));
    X509_add1_ext_i2d(native, NID_subject_alt_name, all, 0, 0);
    GENERAL_NAMES_free(all);
  }
  X509_sign(native, key.get(), EVP_sha256());
  const core::BioOwner out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), native);
  return {std::string(core::contents_of(out.get())), core::Secret(key_pem(key.get(), nullptr, "")),
          "crafted"};
}

std::string rsa_key_pem(unsigned bits) {
  const core::KeyOwner key(EVP_RSA_gen(bits));
  return key_pem(key.get(), nullptr, "");
}

std::string encrypted(const std::string& plain) {
  const core::BioOwner in = core::read_only_bio(plain);
  const core::KeyOwner key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  return key_pem(key.get(), EVP_aes_256_cbc(), "passphrase");
}

RawServer::RawServer(Thread& /*thread*/, StreamOwner wire, const tls::CertificatePointer& certificate,
                     int version)
    : wire_(std::move(wire)) {
  settings_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_security_level(settings_.get(), 0);
  SSL_CTX_set_min_proto_version(settings_.get(), version);
  SSL_CTX_set_max_proto_version(settings_.get(), version);
  ssl_.reset(SSL_new(settings_.get()));
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_accept_state(ssl_.get());
  if (certificate != nullptr && !certificate->install(ssl_.get())) std::abort();
}

void RawServer::step() {
  const Heard heard = hear(*wire_);
  BIO_write(SSL_get_rbio(ssl_.get()), heard.bytes.data(), static_cast<int>(heard.bytes.size()));
  ERR_clear_error();
  if (!done_) done_ = SSL_do_handshake(ssl_.get()) == 1;
  std::array<char, 16384> bytes;
  int count = 0;
  while ((count = BIO_read(SSL_get_wbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()))) > 0) {
    const std::array<std::string_view, 1> pieces{
        std::string_view(bytes.data(), static_cast<std::size_t>(count))};
    if (!wire_->write(pieces)) return;
  }
}

std::string RawServer::asked_for() const {
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

}  // namespace tests

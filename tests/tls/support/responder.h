// An OCSP responder in memory, with a certificate that names it: signs what a test says. Include before
// doctest.
#pragma once

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string>
#include <utility>
#include <vector>

#include "core/crypto/openssl.h"
#include "tls/certificate.h"

namespace tests {

/// Who signs; all but the issuer put a certificate of theirs into the answer.
enum class OcspSigner {
  issuer,
  delegate,          ///< named by the issuer for it (RFC 6960 section 4.2.2.2)
  delegate_for_tls,  ///< of the issuer, but for servers
  delegate_of_leaf,  ///< named for it, by the certificate in question
  expired_delegate,
  leaf,               ///< the certificate in question itself
  stranger_delegate,  ///< named for it by another authority
};

/// What an answer says; as it is, it is good.
struct OcspAnswerOptions {
  int status = V_OCSP_CERTSTATUS_GOOD;
  long since = -60;  ///< seconds from now
  long until = 3600;
  bool has_end = true;
  bool by_stranger = false;  ///< signed by another authority's key
  bool about_another = false;
  OcspSigner signer = OcspSigner::issuer;
};

class Responder {
 public:
  explicit Responder(const std::string& url = "http://ocsp.test/ask", bool must_staple = false)
      : root_key_(EVP_EC_gen("P-256")), stranger_key_(EVP_EC_gen("P-256")), leaf_key_(EVP_EC_gen("P-256")) {
    root_ = make("Root", root_key_.get(), {root_key_.get(), nullptr},
                 {{NID_basic_constraints, "critical,CA:TRUE"}});
    stranger_ = make("Stranger", stranger_key_.get(), {stranger_key_.get(), nullptr},
                     {{NID_basic_constraints, "critical,CA:TRUE"}});
    std::vector<std::pair<int, std::string>> extensions{{NID_subject_alt_name, "DNS:app.test"}};
    if (!url.empty()) extensions.emplace_back(NID_info_access, "OCSP;URI:" + url);
    if (must_staple) extensions.emplace_back(NID_tlsfeature, "status_request");
    leaf_ = make("leaf", leaf_key_.get(), {root_key_.get(), root_.get()}, extensions);
  }

  /// Of app.test, its issuer behind it or not.
  [[nodiscard]] tls::CertificateText text(bool with_issuer = true) const {
    tls::CertificateText text;
    const core::BioOwner chain(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(chain.get(), leaf_.get());
    if (with_issuer) PEM_write_bio_X509(chain.get(), root_.get());
    text.chain = std::string(core::contents_of(chain.get()));
    const core::BioOwner key(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(key.get(), leaf_key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    text.key = core::Secret(std::string(core::contents_of(key.get())));
    text.source = "leaf.pem";
    return text;
  }
  [[nodiscard]] tls::CertificatePointer certificate(bool with_issuer = true) const {
    return tls::Certificate::parse(text(with_issuer)).value();
  }

  [[nodiscard]] std::string answer(const OcspAnswerOptions& options = {}) const {
    OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
    ASN1_INTEGER* serial = ASN1_INTEGER_dup(X509_get0_serialNumber(leaf_.get()));
    if (options.about_another) ASN1_INTEGER_set(serial, 99);
    OCSP_CERTID* id = OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(root_.get()),
                                       X509_get0_pubkey_bitstr(root_.get()), serial);
    ASN1_INTEGER_free(serial);
    ASN1_TIME* since = X509_gmtime_adj(nullptr, options.since);
    ASN1_TIME* until = X509_gmtime_adj(nullptr, options.until);
    ASN1_TIME* revoked = options.status == V_OCSP_CERTSTATUS_REVOKED ? since : nullptr;
    OCSP_basic_add1_status(basic, id, options.status, OCSP_REVOKED_STATUS_KEYCOMPROMISE, revoked, since,
                           options.has_end ? until : nullptr);
    sign(basic, options);
    OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char* der = nullptr;
    const int size = i2d_OCSP_RESPONSE(response, &der);
    std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(since);
    ASN1_TIME_free(until);
    return out;
  }

  /// What a responder says that does not answer: "try later" and its like.
  [[nodiscard]] static std::string refusal(int status) {
    OCSP_RESPONSE* response = OCSP_response_create(status, nullptr);
    unsigned char* der = nullptr;
    const int size = i2d_OCSP_RESPONSE(response, &der);
    std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    return out;
  }

 private:
  void sign(OCSP_BASICRESP* basic, const OcspAnswerOptions& options) const {
    if (options.signer == OcspSigner::issuer) {
      X509* signer = options.by_stranger ? stranger_.get() : root_.get();
      OCSP_basic_sign(basic, signer, options.by_stranger ? stranger_key_.get() : root_key_.get(),
                      EVP_sha256(), nullptr, OCSP_NOCERTS);
      return;
    }
    if (options.signer == OcspSigner::leaf) {
      OCSP_basic_sign(basic, leaf_.get(), leaf_key_.get(), EVP_sha256(), nullptr, 0);
      return;
    }
    const core::KeyOwner key(EVP_EC_gen("P-256"));
    const bool is_for_tls = options.signer == OcspSigner::delegate_for_tls;
    Signer by{root_key_.get(), root_.get()};
    if (options.signer == OcspSigner::delegate_of_leaf) by = {leaf_key_.get(), leaf_.get()};
    if (options.signer == OcspSigner::stranger_delegate) by = {stranger_key_.get(), stranger_.get()};
    const core::CertificateOwner delegate =
        make("Delegate", key.get(), by, {{NID_ext_key_usage, is_for_tls ? "serverAuth" : "OCSPSigning"}},
             options.signer == OcspSigner::expired_delegate ? -60 : 30L * 86400);
    OCSP_basic_sign(basic, delegate.get(), key.get(), EVP_sha256(), nullptr, 0);
  }
  struct Signer {
    EVP_PKEY* key;
    X509* certificate;  // null: itself
  };
  static core::CertificateOwner make(const char* name, EVP_PKEY* key, Signer by,
                                     const std::vector<std::pair<int, std::string>>& extensions,
                                     long end = 30L * 86400) {
    core::CertificateOwner made(X509_new());
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), by.certificate == nullptr ? 1 : 7);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), end);
    X509_set_pubkey(made.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(made.get(),
                         X509_get_subject_name(by.certificate == nullptr ? made.get() : by.certificate));
    for (const auto& [id, value] : extensions) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
      X509_add_ext(made.get(), extension, -1);
      X509_EXTENSION_free(extension);
    }
    X509_sign(made.get(), by.key, EVP_sha256());
    return made;
  }

  core::KeyOwner root_key_;
  core::KeyOwner stranger_key_;
  core::KeyOwner leaf_key_;
  core::CertificateOwner root_;
  core::CertificateOwner stranger_;
  core::CertificateOwner leaf_;
};

}  // namespace tests

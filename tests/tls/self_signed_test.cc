#include "tls/self_signed.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <set>
#include <string>

#include "core/crypto/openssl.h"
#include "tests/tls/support/crafted.h"
#include "tests/tls/support/parties.h"
#include "tls/x509_names.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

core::CertificateOwner read(const std::string& pem) {
  const core::BioOwner in = core::read_only_bio(pem);
  core::CertificateOwner certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  REQUIRE(certificate != nullptr);
  return certificate;
}

bool is_critical(const X509* certificate, int id) {
  const int place = X509_get_ext_by_NID(certificate, id, -1);
  REQUIRE(place >= 0);
  return X509_EXTENSION_get_critical(X509_get_ext(certificate, place)) == 1;
}

std::string serial_of(const X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  CHECK((ASN1_STRING_type(serial) & V_ASN1_NEG) == 0);
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                     static_cast<std::size_t>(ASN1_STRING_length(serial)));
}

/// What a browser's strict path validation says, with `root` trusted.
int verify(X509* root, X509* leaf) {
  const core::CertificateStoreOwner store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), root);
  X509_STORE_set_flags(store.get(), X509_V_FLAG_X509_STRICT);
  const core::OpensslOwner<X509_STORE_CTX, X509_STORE_CTX_free> checking(X509_STORE_CTX_new());
  X509_STORE_CTX_init(checking.get(), store.get(), leaf, nullptr);
  X509_STORE_CTX_set_purpose(checking.get(), X509_PURPOSE_SSL_SERVER);
  X509_verify_cert(checking.get());
  return X509_STORE_CTX_get_error(checking.get());
}

TEST_CASE("what the authority issues passes strict validation and says what browsers want") {
  const auto authority = *tls::PrivateAuthority::for_localhost(valid_now());
  const core::CertificateOwner root = read(authority->certificate());
  const auto text = *authority->issue({{"localhost", "*.localhost", "127.0.0.1", "::1"}, valid_now()});
  const core::CertificateOwner leaf = read(text.chain);
  CHECK(verify(root.get(), leaf.get()) == X509_V_OK);
  CHECK((X509_get_extension_flags(root.get()) & EXFLAG_CA) != 0);
  CHECK((X509_get_extension_flags(leaf.get()) & EXFLAG_CA) == 0);
  CHECK(X509_get_key_usage(root.get()) == (KU_KEY_CERT_SIGN | KU_CRL_SIGN));
  CHECK(X509_get_key_usage(leaf.get()) == KU_DIGITAL_SIGNATURE);
  CHECK(X509_get_extended_key_usage(leaf.get()) == XKU_SSL_SERVER);
  CHECK(X509_get_pathlen(root.get()) == 0);
  for (const int id : {NID_basic_constraints, NID_key_usage, NID_name_constraints})
    CHECK(is_critical(root.get(), id));
  for (const int id : {NID_basic_constraints, NID_key_usage, NID_subject_alt_name})
    CHECK(is_critical(leaf.get(), id));
  CHECK(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(leaf.get()), X509_get0_subject_key_id(root.get())) ==
        0);
  const tls::SubjectNames names = tls::subject_names(leaf.get());
  CHECK(names.dns == std::vector<std::string>{"localhost", "*.localhost"});
  CHECK(names.addresses.size() == 2);
  REQUIRE(tls::Certificate::parse(text));
}

TEST_CASE("the root for localhost is worth nothing for any other name") {
  const auto authority = *tls::PrivateAuthority::for_localhost(valid_now());
  const core::CertificateOwner root = read(authority->certificate());
  struct Row {
    const char* name;
    int expected;
  };
  const Row rows[] = {{"localhost", X509_V_OK},
                      {"app.localhost", X509_V_OK},
                      {"127.0.0.1", X509_V_OK},
                      {"::1", X509_V_OK},
                      {"example.com", X509_V_ERR_PERMITTED_VIOLATION},
                      {"localhost.example.com", X509_V_ERR_PERMITTED_VIOLATION},
                      {"notlocalhost", X509_V_ERR_PERMITTED_VIOLATION},
                      {"127.0.0.2", X509_V_ERR_PERMITTED_VIOLATION},
                      {"::2", X509_V_ERR_PERMITTED_VIOLATION}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const core::CertificateOwner leaf = read(authority->issue({{row.name}, valid_now()})->chain);
    CHECK(verify(root.get(), leaf.get()) == row.expected);
  }
}

TEST_CASE("each certificate has its own key and a long random serial, and lives as long as was asked for") {
  const auto authority = make_authority("root");
  std::set<std::string> serials;
  std::set<std::string> keys;
  for (int i = 0; i < 16; ++i) {
    const auto text = *authority->issue({{"a.test"}, valid_now()});
    serials.insert(serial_of(read(text.chain).get()));
    keys.insert(std::string(text.key.reveal()));
  }
  CHECK(serials.size() == 16);
  CHECK(keys.size() == 16);
  CHECK(serials.begin()->size() == 16);
  const core::WallTime start = core::from_unix_seconds(1'800'000'000);
  const core::WallTime far = core::from_unix_seconds(4'000'000'000);  // beyond 2050: another ASN.1 form
  const auto certificate = *tls::Certificate::parse(*authority->issue({{"a.test"}, {start, far}}));
  CHECK(certificate->not_before() == start);
  CHECK(certificate->not_after() == far);
}

TEST_CASE("names that are none are refused before they reach OpenSSL's configuration language") {
  const auto authority = make_authority("root");
  CHECK_FALSE(authority->issue({{}, valid_now()}));
  for (const char* name :
       {"", "a.test,DNS:b.test", "DNS:a.test", "a.test\nb", "@section", "*", "a b", "A.test", "1.2.3"}) {
    CAPTURE(name);
    CHECK_FALSE(authority->issue({{name}, valid_now()}));
    CHECK_FALSE(tls::PrivateAuthority::make({"root", valid_now(), {name}}));
  }
}

}  // namespace
}  // namespace tests

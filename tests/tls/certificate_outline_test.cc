// What is read of a certificate and its key without OpenSSL's objects is what those say, and nothing where it
// cannot be told.
#include "tls/certificate_outline.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string>
#include <utility>
#include <vector>

#include "core/crypto/openssl.h"
#include "tests/tls/support/crafted.h"
#include "tests/tls/support/parties.h"
#include "tests/tls/support/raw_client.h"
#include "tests/tls/support/responder.h"
#include "tls/certificate_trial.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using tls::CertificateOutline;

using Extensions = std::vector<std::pair<int, std::string>>;

const Extensions kUsual{{NID_subject_alt_name, "DNS:a.test,DNS:*.B.test,IP:10.0.0.1,IP:::1"},
                        {NID_authority_key_identifier, "keyid:always"},
                        {NID_tlsfeature, "status_request"}};

/// Self-signed.
core::CertificateOwner certificate_of(EVP_PKEY* key, const Extensions& extensions = kUsual,
                                      long version = 2) {
  core::CertificateOwner made(X509_new());
  X509* native = made.get();
  X509_set_version(native, version);
  // With its highest bit set: the DER of it begins with a zero.
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(native), 0x8123456789abcdefULL);
  X509_gmtime_adj(X509_getm_notBefore(native), -3600);
  X509_gmtime_adj(X509_getm_notAfter(native), 40L * 365 * 86400);  // beyond 2049: a GeneralizedTime
  X509_set_pubkey(native, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(native), "CN", MBSTRING_UTF8,
                             core::octets(std::string_view("a.test")), -1, -1, 0);
  X509_set_issuer_name(native, X509_get_subject_name(native));
  X509V3_CTX origin;
  X509V3_set_ctx(&origin, native, native, nullptr, nullptr, 0);
  const core::OpensslOwner<X509_EXTENSION, X509_EXTENSION_free> key_id(
      X509V3_EXT_conf_nid(nullptr, &origin, NID_subject_key_identifier, "hash"));
  X509_add_ext(native, key_id.get(), -1);
  for (const auto& [id, value] : extensions) {
    const core::OpensslOwner<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509V3_EXT_conf_nid(nullptr, &origin, id, value.c_str()));
    REQUIRE(extension != nullptr);
    X509_add_ext(native, extension.get(), -1);
  }
  X509_sign(native, key, EVP_PKEY_is_a(key, "ED25519") == 1 ? nullptr : EVP_sha256());
  return made;
}

template <typename Object, typename Write>
std::string der_of(Object* object, Write write) {
  unsigned char* bytes = nullptr;
  const int size = write(object, &bytes);
  REQUIRE(size > 0);
  std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return out;
}

std::string der_of(X509* certificate) {
  return der_of(certificate, [](X509* object, unsigned char** out) { return i2d_X509(object, out); });
}

/// As PKCS #8 and in the older form of its kind.
std::vector<std::string> forms_of(EVP_PKEY* key) {
  std::vector<std::string> forms{
      der_of(key, [](EVP_PKEY* object, unsigned char** out) { return i2d_PrivateKey(object, out); })};
  const core::OpensslOwner<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free> wrapped(EVP_PKEY2PKCS8(key));
  forms.push_back(der_of(wrapped.get(), [](PKCS8_PRIV_KEY_INFO* object, unsigned char** out) {
    return i2d_PKCS8_PRIV_KEY_INFO(object, out);
  }));
  return forms;
}

core::KeyOwner make_key(const std::string& kind) {
  if (kind == "ED25519") return core::KeyOwner(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (kind.starts_with("P-")) return core::KeyOwner(EVP_EC_gen(kind.c_str()));
  return core::KeyOwner(EVP_RSA_gen(static_cast<unsigned>(std::stoul(kind))));
}

void check_same(const CertificateOutline& one, const CertificateOutline& other) {
  CHECK(one.names.dns == other.names.dns);
  CHECK(one.names.addresses == other.names.addresses);
  CHECK(one.not_before == other.not_before);
  CHECK(one.not_after == other.not_after);
  CHECK(one.must_staple == other.must_staple);
  CHECK(one.renewal_id == other.renewal_id);
}

TEST_CASE("the bytes say what the objects say, and whose key a private key is") {
  struct Row {
    const char* kind;
    bool is_usual;
  };
  const Row rows[] = {{"P-256", true},  {"P-384", true},    {"2048", true}, {"3072", true},
                      {"P-521", false}, {"ED25519", false}, {"1024", false}};
  for (const Row& row : rows) {
    CAPTURE(row.kind);
    const core::KeyOwner key = make_key(row.kind);
    const core::KeyOwner other = make_key(row.kind);
    const core::CertificateOwner certificate = certificate_of(key.get());
    const std::string der = der_of(certificate.get());
    const auto quick = tls::quick_outline_of(der);
    const auto slow = tls::outline_of(certificate.get());
    REQUIRE(quick);
    REQUIRE(slow);
    check_same(*quick, *slow);
    CHECK(quick->names.dns == std::vector<std::string>{"a.test", "*.b.test"});
    CHECK(quick->names.addresses.size() == 2);
    CHECK(quick->must_staple);
    CHECK(quick->renewal_id.ends_with(".AIEjRWeJq83v"));
    for (const std::string& form : forms_of(key.get())) {
      CHECK(tls::is_quickly_key_of(form, der) == row.is_usual);
      CHECK_FALSE(tls::is_quickly_key_of(form + '\0', der));
      for (std::size_t size = 0; size < form.size(); size += 7)
        CHECK_FALSE(tls::is_quickly_key_of(form.substr(0, size), der));
    }
    for (const std::string& form : forms_of(other.get())) CHECK_FALSE(tls::is_quickly_key_of(form, der));
  }
}

TEST_CASE("a wrapped key that names two curves is none") {
  const core::KeyOwner key = make_key("P-256");
  const std::string der = der_of(certificate_of(key.get()).get());
  const std::string older = forms_of(key.get())[0];
  const std::string outside_p384("\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22",
                                 18);
  const auto wrapped = [&](const std::string& algorithm) {
    const std::string inside =
        std::string("\x02\x01\x00", 3) + algorithm + '\x04' + static_cast<char>(older.size()) + older;
    return std::string("\x30\x81", 2) + static_cast<char>(inside.size()) + inside;
  };
  std::string outside_p256(
      "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 21);
  REQUIRE(older.size() < 128);
  CHECK(tls::is_quickly_key_of(wrapped(outside_p256), der));
  CHECK_FALSE(tls::is_quickly_key_of(wrapped(outside_p384), der));
}

TEST_CASE("what is unusual is not read quickly") {
  const core::KeyOwner key = make_key("P-256");
  struct Row {
    Extensions extensions;
    long version;
    const char* why;
  };
  const Row rows[] = {
      {kUsual, 1, "version 2"},
      {{}, 2, "no names"},
      {{{NID_subject_alt_name, "DNS:a.test"}, {NID_subject_alt_name, "DNS:b.test"}}, 2, "names twice"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK_FALSE(tls::quick_outline_of(der_of(certificate_of(key.get(), row.extensions, row.version).get())));
  }
  const std::string whole = der_of(certificate_of(key.get()).get());
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(tls::quick_outline_of(whole.substr(0, size)));
  CHECK_FALSE(tls::quick_outline_of(whole + '\0'));
  CHECK_FALSE(tls::is_quickly_certificate("no certificate"));
}

TEST_CASE("of a certificate with one changed byte the bytes say what the objects say, or nothing") {
  const core::KeyOwner key = make_key("P-256");
  const std::string whole = der_of(certificate_of(key.get()).get());
  std::size_t read_by_both = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int change : {0x01, 0x20, 0x80}) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ change);
      const auto quick = tls::quick_outline_of(changed);
      if (!quick) continue;
      const unsigned char* at = core::octets(changed);
      const core::CertificateOwner object(d2i_X509(nullptr, &at, static_cast<long>(changed.size())));
      // A public key that is none is found by its not being the private key's.
      if (object == nullptr) continue;
      const auto slow = tls::outline_of(object.get());
      if (!slow) continue;
      ++read_by_both;
      check_same(*quick, *slow);
    }
  }
  CHECK(read_by_both > 100);
}

TEST_CASE("a certificate that was judged by its bytes is shown in handshakes, and keys of every kind are") {
  for (const char* kind : {"P-256", "P-384", "P-521", "2048", "ED25519"}) {
    CAPTURE(kind);
    const core::KeyOwner key = make_key(kind);
    const core::CertificateOwner certificate = certificate_of(key.get());
    tls::CertificateText text;
    const core::BioOwner chain(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(chain.get(), certificate.get());
    text.chain = std::string(core::contents_of(chain.get()));
    const core::BioOwner out(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    text.key = core::Secret(std::string(core::contents_of(out.get())));
    const auto parsed = tls::Certificate::parse(text);
    REQUIRE_MESSAGE(parsed, parsed.error().text);
    Thread thread;
    Server server{thread, table_of({*parsed})};
    auto wire = core::make_stream_pair(thread.loop);
    server.accept(std::move(wire.second), "127.0.0.1");
    RawOptions options;
    options.server_name = "a.test";
    RawClient client(thread, std::move(wire.first), options);
    client.shake([&] { return server.has_ended(); });
    REQUIRE(client.is_done());
    const core::CertificateOwner shown(SSL_get1_peer_certificate(client.native()));
    REQUIRE(shown != nullptr);
    CHECK(X509_cmp(shown.get(), certificate.get()) == 0);
    CHECK(tls::try_out(**parsed));
  }
}

}  // namespace
}  // namespace tests

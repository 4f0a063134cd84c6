#include "tls/certificate.h"

#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/tls/support/crafted.h"
#include "tests/tls/support/parties.h"
#include "tls/certificate_table.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using core::Result;
using tls::Certificate;
using tls::CertificatePointer;

class Directory {
 public:
  Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "certificate-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  [[nodiscard]] std::string file(const std::string& name, std::string_view text) const {
    std::string path = path_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

 private:
  std::string path_;
};

tls::CertificateText issued(const std::vector<std::string>& names) {
  auto text = make_authority("root")->issue({names, valid_now()});
  REQUIRE(text);
  return *text;
}

TEST_CASE("a certificate is loaded from two files, or from one that holds both") {
  const Directory directory;
  const tls::CertificateText text = issued({"a.test", "*.b.test", "10.0.0.1", "::1"});
  const std::string key(text.key.reveal());
  const auto two = Certificate::load(directory.file("tls.crt", text.chain), directory.file("tls.key", key));
  REQUIRE_MESSAGE(two, two.error().text);
  CHECK((*two)->dns_names() == std::vector<std::string>{"a.test", "*.b.test"});
  CHECK((*two)->addresses().size() == 2);
  const std::string both = directory.file("both.pem", key + "some words\r\n" + text.chain);
  const auto one = Certificate::load(both, both);
  REQUIRE_MESSAGE(one, one.error().text);
  CHECK((*one)->source() == both);
  CHECK((*one)->fingerprint() == (*two)->fingerprint());
  CHECK((*one)->fingerprint().size() == 32);
  CHECK((*one)->not_after() - (*one)->not_before() == std::chrono::hours(31 * 24));
}

TEST_CASE("what cannot be used is refused with the file and the reason") {
  const tls::CertificateText good = issued({"a.test"});
  const std::string key(good.key.reveal());
  std::string broken = good.chain;
  broken[broken.size() / 2] = broken[broken.size() / 2] == 'A' ? 'B' : 'A';
  std::string bad_base64 = good.chain;
  bad_base64[60] = '!';
  std::string long_chain;
  for (int i = 0; i < 17; ++i) long_chain += good.chain;
  struct Row {
    const char* why;
    std::string chain;
    std::string key;
    const char* text;
  };
  const Row rows[] = {
      {"empty", "", key, "no PEM certificate in it"},
      {"words", "hello\n", key, "no PEM certificate in it"},
      {"key in place of the certificate", key, key, "no PEM certificate in it"},
      {"bad base64", bad_base64, key, "a certificate in it is broken"},
      {"second broken", good.chain + bad_base64, key, "a certificate in it is broken"},
      {"cut", good.chain.substr(0, good.chain.size() - 40), key, "a certificate in it is broken"},
      {"too long", long_chain, key, "a chain of over 16 certificates"},
      {"no key", good.chain, "", "no PEM private key for it"},
      {"certificate in place of the key", good.chain, good.chain, "no PEM private key for it"},
      {"other key", good.chain, std::string(issued({"a.test"}).key.reveal()),
       "the private key does not belong to the first certificate"},
      {"issuer first", make_authority("x")->certificate() + good.chain, key,
       "the private key does not belong to the first certificate"},
      {"encrypted key", good.chain, encrypted(key),
       "its private key is encrypted; store it without passphrase"},
      {"weak key", good.chain, rsa_key_pem(1024), "an RSA key of 1024 bits; browsers want 2048 or more"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto parsed = Certificate::parse({row.chain, core::Secret(row.key), "/etc/tls.crt"});
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().side == core::Side::configuration);
    CHECK_MESSAGE(parsed.error().text.find(std::string("/etc/tls.crt: ") + row.text) == 0,
                  parsed.error().text);
  }
  const auto no_names = Certificate::parse(craft({}, "a.test"));
  REQUIRE_FALSE(no_names);
  CHECK(no_names.error().text.find("no usable DNS name or IP address (subjectAltName)") != std::string::npos);
}

TEST_CASE("files that cannot be read are named with the reason and the mend") {
  const Directory directory;
  const auto missing = Certificate::load("/nonexistent/tls.crt", "/nonexistent/tls.key");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().text ==
        "cannot read /nonexistent/tls.crt: No such file or directory; check the path under tls.certificates, "
        "and "
        "that the gateway's user may read it (chgrp, chmod 0640)");
  const std::string large = directory.file("large", std::string(1024 * 1024 + 1, 'x'));
  CHECK(Certificate::load(large, large).error().text.find("larger than 1048576 bytes") != std::string::npos);
  CHECK_FALSE(Certificate::load("/", "/"));
}

TEST_CASE("covers follows the names and nothing else") {
  const auto certificate =
      make_certificate(*make_authority("r"), {"a.test", "*.w.test", "10.0.0.1", "fd00::1"});
  struct Row {
    const char* host;
    bool covered;
  };
  const Row rows[] = {
      {"a.test", true},      {"b.a.test", false}, {"x.w.test", true},  {"w.test", false},
      {"y.x.w.test", false}, {"10.0.0.1", true},  {"10.0.0.2", false}, {"[fd00::1]", true},
      {"[fd00::2]", false},  {"fd00:0::1", true}, {"*.w.test", false}, {".w.test", false},
      {"", false},           {"a.test.", false},  {"A.test", false},   {"xa.test", false},
      {"a.test:443", false}, {"w.test/x", false}, {"test", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.host);
    CHECK(certificate->covers(row.host) == row.covered);
  }
}

TEST_CASE("the table shows what nobody renews only where nothing else covers a name") {
  const auto root = make_authority("r");
  const CertificatePointer wild = make_certificate(*root, {"*.a.test"});
  const CertificatePointer former = make_certificate(*root, {"x.a.test", "b.test"});
  const tls::CertificateTable table({}, {wild}, {former});
  CHECK(table.find("x.a.test") == wild);
  CHECK(table.find("b.test") == former);
}

TEST_CASE("the table prefers given to issued, exact to wildcard, and the first of equals") {
  const auto root = make_authority("r");
  const auto certificate = [&](const std::vector<std::string>& names) {
    return make_certificate(*root, names);
  };
  const CertificatePointer wild = certificate({"*.a.test"});
  const CertificatePointer exact = certificate({"x.a.test", "192.0.2.1"});
  const CertificatePointer again = certificate({"x.a.test", "192.0.2.1", "192.0.2.2"});
  const CertificatePointer issued_exact = certificate({"y.a.test", "b.test", "192.0.2.3"});
  const tls::CertificateTable table({wild, exact, again}, {issued_exact});
  CHECK(table.find("x.a.test") == exact);
  CHECK(table.find("z.a.test") == wild);
  CHECK(table.find("y.a.test") == wild);
  CHECK(table.find("b.test") == issued_exact);
  CHECK(table.find("a.test") == nullptr);
  CHECK(table.find("z.x.a.test") == nullptr);
  CHECK(table.find("test") == nullptr);
  CHECK(table.find("") == nullptr);
  CHECK(table.find(*core::IpAddress::parse("192.0.2.1")) == exact);
  CHECK(table.find(*core::IpAddress::parse("192.0.2.2")) == again);
  CHECK(table.find(*core::IpAddress::parse("192.0.2.3")) == issued_exact);
  CHECK(table.find(*core::IpAddress::parse("192.0.2.4")) == nullptr);
  CHECK(table.all().size() == 4);
}

TEST_CASE("server names are brought into one form, or are none") {
  struct Row {
    std::string raw;
    std::optional<std::string> name;
  };
  const std::string label(63, 'l');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'm');
  const Row rows[] = {
      {"a.test", "a.test"},
      {"A.TEST", "a.test"},
      {"a.test.", "a.test"},
      {"a_b.test", "a_b.test"},
      {"xn--bcher-kva.test", "xn--bcher-kva.test"},
      {"localhost", "localhost"},
      {"1.2.3.4.test", "1.2.3.4.test"},
      {longest, longest},
      {longest + ".", longest},
      {longest + "m", std::nullopt},
      {label + "l.test", std::nullopt},
      {"", std::nullopt},
      {".", std::nullopt},
      {"a..test", std::nullopt},
      {".a.test", std::nullopt},
      {"a.test..", std::nullopt},
      {"*.a.test", std::nullopt},
      {"1.2.3.4", std::nullopt},
      {"::1", std::nullopt},
      {"[::1]", std::nullopt},
      {"a.test:443", std::nullopt},
      {"../../x", std::nullopt},
      {"a/b", std::nullopt},
      {"a test", std::nullopt},
      {std::string("a.test\0", 7), std::nullopt},
      {std::string("a\0b.test", 8), std::nullopt},
      {"a.test\r\n", std::nullopt},
      {"b\xc3\xbc"
       "cher.test",
       std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.raw);
    CHECK(tls::normal_server_name(row.raw) == row.name);
  }
}

}  // namespace
}  // namespace tests

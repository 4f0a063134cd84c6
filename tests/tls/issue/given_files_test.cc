// Given certificates whose files change: who is shown them, and when the log says so.
#include "tls/issue/given_files.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "core/crypto/openssl.h"
#include "tests/tls/acme/support/acme_fixture.h"
#include "tls/self_signed.h"

#include "tests/support/doctest.h"

namespace {

/// Calls the test at each line.
class Listener final : public core::LogSink {
 public:
  void write(std::string_view lines) override { on_lines(lines); }
  std::function<void(std::string_view)> on_lines = [](std::string_view) {};
};

struct House {
  House() {
    std::string pattern = (std::filesystem::temp_directory_path() / "given-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    pair.certificate = folder + "/tls.crt";
    pair.key = folder + "/tls.key";
    files.push_back(pair);
    write();
  }
  ~House() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  /// Another certificate of the same name.
  void write() {
    tls::AuthorityRequest request;
    request.common_name = "root";
    request.validity = {clock.wall() - std::chrono::hours(24), clock.wall() + std::chrono::hours(24 * 30)};
    const auto authority = *tls::PrivateAuthority::make(request);
    const auto text = *authority->issue({{"app.test"}, request.validity});
    std::ofstream(pair.key + ".new") << text.key.reveal();
    std::ofstream(pair.certificate + ".new") << text.chain;
    std::filesystem::rename(pair.key + ".new", pair.key);
    std::filesystem::rename(pair.certificate + ".new", pair.certificate);
  }
  /// The same under a signature that handshakes refuse (SHA-1), which loading does not look at.
  void write_weak() {
    std::ifstream file(pair.certificate);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const core::BioOwner in = core::read_only_bio(text);
    const core::CertificateOwner certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    const core::KeyOwner signer(EVP_EC_gen("P-256"));
    REQUIRE(X509_sign(certificate.get(), signer.get(), EVP_sha1()) > 0);
    const core::BioOwner out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(out.get(), certificate.get());
    std::ofstream(pair.certificate + ".new") << core::contents_of(out.get());
    std::filesystem::rename(pair.certificate + ".new", pair.certificate);
  }
  tls::CertificatePointer shown() const { return shelf.certificates().latest()->find("app.test"); }
  void pass(core::Duration time) {
    clock.advance(time);
    loop.turn(false);
  }

  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop{clock};
  Listener lines;
  core::Log log{lines, core::LogFormat::text, core::LogLevel::debug, clock};
  std::string folder;
  config::CertificateFiles pair;
  std::vector<config::CertificateFiles> files;
  tls::CertificateShelf shelf;
};

}  // namespace

TEST_CASE("a certificate that changed is what handshakes show when the log says so") {
  House house;
  tls::GivenFiles given(house.loop, house.log, house.files, house.shelf);
  REQUIRE(given.load());
  const auto first = house.shown();
  REQUIRE(first != nullptr);
  int changes = 0;
  given.follow([&] { ++changes; });
  house.pass(tls::kGivenFilesTick);
  CHECK(changes == 0);
  house.write();
  bool was_told = false;
  house.lines.on_lines = [&](std::string_view lines) {
    if (!lines.contains("a given certificate changed")) return;
    was_told = true;
    CHECK(house.shown()->fingerprint() != first->fingerprint());
    CHECK(changes == 1);
  };
  house.pass(tls::kGivenFilesTick);
  CHECK(was_told);
}

TEST_CASE(
    "a pair that cannot be used leaves the one before, and a key of another certificate is such a pair") {
  House house;
  tls::GivenFiles given(house.loop, house.log, house.files, house.shelf);
  REQUIRE(given.load());
  const auto first = house.shown();
  int changes = 0;
  given.follow([&] { ++changes; });
  const std::string key = house.folder + "/kept.key";
  std::filesystem::copy_file(house.pair.key, key);
  house.write();
  std::filesystem::rename(key, house.pair.key);
  std::string told;
  house.lines.on_lines = [&](std::string_view lines) { told += lines; };
  house.pass(tls::kGivenFilesTick);
  CHECK(changes == 0);
  CHECK(house.shown() == first);
  CHECK(told.contains("the private key does not belong to the first certificate"));
}

TEST_CASE("what loading leaves to the first handshake is tried behind the start, and where files change") {
  House house;
  for (int i = 0; i < 2; ++i) house.files.push_back(house.pair);
  tls::GivenFiles given(house.loop, house.log, house.files, house.shelf);
  REQUIRE(given.load());
  std::string told;
  house.lines.on_lines = [&](std::string_view lines) { told += lines; };
  house.write_weak();
  REQUIRE(tls::Certificate::load(house.pair.certificate, house.pair.key));
  given.follow([] {});
  for (int i = 0; i < 3; ++i) {
    CHECK(std::ranges::count(told, '\n') == i);
    house.pass(tls::kTrialPause);
  }
  CHECK(told.contains("fails in every handshake"));
  house.pass(tls::kTrialPause);
  CHECK(std::ranges::count(told, '\n') == 3);
  const auto before = house.shown();
  told.clear();
  house.pass(tls::kGivenFilesTick);
  CHECK(told.contains("the one before stays"));
  CHECK(told.contains("no handshake can show it"));
  CHECK(house.shown() == before);
}

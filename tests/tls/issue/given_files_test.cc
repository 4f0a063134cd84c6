// Given certificates whose files change: who is shown them, and when the log says so.
#include "tls/issue/given_files.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

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

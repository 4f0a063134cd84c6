// For which hosts a connection may ask, by what its client proved.
#include "gateway/run/client_proof.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gateway/run/demand_watch.h"
#include "tests/support/client_papers.h"

namespace {

using namespace gateway;

struct Fixture {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("gateway-proof-" + std::to_string(getpid()));
  core::WallTime now = core::SystemClock().wall();

  Fixture() { std::filesystem::create_directories(folder); }
  ~Fixture() { std::filesystem::remove_all(folder); }
  [[nodiscard]] std::string file(const std::string& name, std::string_view text) const {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  }
  tls::ClientDemandPointer demand(const std::string& name, std::string_view ca, std::string_view crl = {},
                                  tls::CertificateNeed need = tls::CertificateNeed::optional) const {
    tls::ClientDemandSettings settings{name, file("ca.pem", ca), {}, need};
    if (!crl.empty()) settings.crl_file = file("crl.pem", crl);
    return tls::ClientDemand::load(settings, now).value();
  }
};

}  // namespace

TEST_CASE("H03: a connection asks for hosts that ask as its own did, and for no other") {
  const Fixture f;
  const auto devices = f.demand("devices", tests::kClientAuthority);
  const auto others = f.demand("others", tests::kClientAuthority);
  const auto robot = tls::ClientCertificate::from_pem(tests::kRobot);
  ClientProof proof(devices, robot);
  CHECK(proof.may_ask(devices, f.now));
  CHECK_FALSE(proof.may_ask(others, f.now));
  CHECK_FALSE(proof.may_ask(nullptr, f.now));
  CHECK(proof.shown()->client == "devices");
  ClientProof without(devices, nullptr);
  CHECK(without.may_ask(devices, f.now));
  CHECK(without.shown() == nullptr);
  CHECK_FALSE(without.may_ask(others, f.now));
}

TEST_CASE("I03: other authorities, lists or needs are asked of connections that stand, and so is the time") {
  const Fixture f;
  const auto robot = tls::ClientCertificate::from_pem(tests::kRobot);
  const auto before = f.demand("devices", tests::kClientAuthority);
  ClientProof proof(before, robot);
  CHECK(proof.may_ask(f.demand("devices", tests::kClientAuthority, tests::kNobodyRevoked), f.now));
  CHECK_FALSE(proof.may_ask(f.demand("devices", tests::kClientAuthority, tests::kRobotRevoked), f.now));
  CHECK_FALSE(proof.may_ask(f.demand("devices", tests::kOtherAuthority), f.now));
  CHECK(proof.may_ask(before, f.now));
  CHECK_FALSE(proof.may_ask(before, robot->subject().not_after));
  ClientProof without(before, nullptr);
  CHECK_FALSE(without.may_ask(
      f.demand("devices", tests::kClientAuthority, {}, tls::CertificateNeed::required), f.now));
}

TEST_CASE("demands follow their files, and files that cannot be used change nothing") {
  const Fixture f;
  class Kept final : public core::LogSink {
   public:
    void write(std::string_view lines) override { text += lines; }
    std::string text;
  } sink;
  core::ManualClock clock{f.now};
  core::Loop loop{clock};
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  std::vector<config::CertificateClient> clients(1);
  clients[0].name = "devices";
  clients[0].hosts = {"app.test", "*.wild.test"};
  clients[0].ca_file = f.file("watched.pem", tests::kClientAuthority);
  DemandWatch watch(loop, log, clients);
  REQUIRE(watch.load());
  watch.start();
  const auto robot = tls::ClientCertificate::from_pem(tests::kRobot);
  const auto takes = [&] { return watch.published().latest()->find("a.wild.test")->takes(*robot); };
  const auto looks = [&] {
    for (int i = 0; i < 3; ++i) {
      clock.advance(kAuthorityFileInterval);
      loop.turn(false);
    }
  };
  CHECK(takes());
  CHECK(f.file("watched.pem", "damaged") == clients[0].ca_file);
  looks();
  CHECK(takes());
  CHECK(sink.text.find("those before stay in force") != std::string::npos);
  CHECK(f.file("watched.pem", tests::kOtherAuthority) == clients[0].ca_file);
  looks();
  CHECK_FALSE(takes());
  clients[0].ca_file = "/nowhere.pem";
  CHECK_FALSE(load_demands(clients, f.now));
}

// Whose certificates count on which hosts, and what a certificate says of its owner.
#include "tls/client_demand.h"

#include <doctest/doctest.h>

#include "tests/support/client_papers.h"
#include "tests/support/folder.h"

namespace {

using namespace tests;
using tls::CertificateNeed;
using tls::ClientDemand;

core::WallTime now() {
  return core::SystemClock().wall();
}

core::Result<tls::ClientDemandPointer> demand(const std::string& ca, const std::string& crl = {},
                                              CertificateNeed need = CertificateNeed::optional) {
  return ClientDemand::load({"devices", ca, crl, need}, now());
}

}  // namespace

TEST_CASE("I03: certificates count by their own authority alone, as a client's, unless taken back") {
  const Folder folder;
  const std::string ca = folder.write("ca.pem", kClientAuthority);
  const auto good = demand(ca);
  REQUIRE(good);
  CHECK((*good)->takes(*tls::ClientCertificate::from_pem(kRobot)));
  CHECK((*good)->takes(*tls::ClientCertificate::from_pem(kNameless)));
  CHECK_FALSE((*good)->takes(*tls::ClientCertificate::from_pem(kStranger)));
  CHECK_FALSE((*good)->takes(*tls::ClientCertificate::from_pem(kServerCertificate)));
  const auto none_revoked = demand(ca, folder.write("none.crl", kNobodyRevoked));
  REQUIRE(none_revoked);
  CHECK((*none_revoked)->takes(*tls::ClientCertificate::from_pem(kRobot)));
  const auto revoked = demand(ca, folder.write("robot.crl", kRobotRevoked));
  REQUIRE(revoked);
  CHECK_FALSE((*revoked)->takes(*tls::ClientCertificate::from_pem(kRobot)));
  CHECK((*revoked)->takes(*tls::ClientCertificate::from_pem(kNameless)));
  // A list of somebody else's says nothing about these: then nobody counts.
  const auto both = demand(folder.write("both.pem", std::string(kClientAuthority).append(kOtherAuthority)),
                           folder.write("none.crl", kNobodyRevoked));
  REQUIRE(both);
  CHECK_FALSE((*both)->takes(*tls::ClientCertificate::from_pem(kStranger)));
}

TEST_CASE("I03: files that are missing, empty, damaged or of the past are refused") {
  const Folder folder;
  const std::string ca = folder.write("ca.pem", kClientAuthority);
  CHECK_FALSE(demand(folder.path("missing")));
  CHECK_FALSE(demand(folder.write("empty.pem", "")));
  CHECK_FALSE(demand(folder.write("text.pem", "no certificate at all")));
  CHECK_FALSE(
      demand(folder.write("cut.pem", std::string(kClientAuthority).append(kOtherAuthority.substr(0, 200)))));
  CHECK_FALSE(demand(folder.write("old.pem", kOldAuthority)));
  CHECK(demand(folder.write("some.pem", std::string(kOldAuthority).append(kClientAuthority))));
  CHECK_FALSE(demand(ca, folder.path("missing")));
  CHECK_FALSE(demand(ca, folder.write("empty.crl", "")));
  CHECK_FALSE(demand(ca, folder.write("no.crl", kClientAuthority)));
}

TEST_CASE("another authority, list or need is another demand") {
  const Folder folder;
  const std::string ca = folder.write("ca.pem", kClientAuthority);
  const auto one = demand(ca).value();
  CHECK(one->fingerprint() == demand(folder.write("copy.pem", kClientAuthority)).value()->fingerprint());
  CHECK(one->fingerprint() != demand(folder.write("others.pem", kOtherAuthority)).value()->fingerprint());
  CHECK(one->fingerprint() != demand(ca, folder.write("x.crl", kNobodyRevoked)).value()->fingerprint());
  CHECK(one->fingerprint() != demand(ca, {}, CertificateNeed::required).value()->fingerprint());
}

TEST_CASE("H09: a host's own demand wins, and a wildcard stands for one label") {
  const Folder folder;
  const auto exact = demand(folder.write("ca.pem", kClientAuthority)).value();
  const auto wide = demand(folder.write("others.pem", kOtherAuthority)).value();
  tls::ClientDemands demands;
  CHECK(demands.is_empty());
  CHECK(demands.find("a.test") == nullptr);
  demands.add("a.wild.test", exact);
  demands.add("*.wild.test", wide);
  CHECK(demands.find("a.wild.test") == exact);
  CHECK(demands.find("b.wild.test") == wide);
  for (const char* host : {"wild.test", "c.b.wild.test", "xwild.test", "", ".wild.test", "test"}) {
    CAPTURE(host);
    CHECK(demands.find(host) == nullptr);
  }
}

TEST_CASE("what a certificate says of its owner") {
  const auto certificate = tls::ClientCertificate::from_pem(kRobot);
  const tls::ClientSubject& subject = certificate->subject();
  CHECK(subject.subject == "CN=robot,OU=night,OU=build,O=Example");
  CHECK(subject.common_name == "robot");
  CHECK(subject.organizational_units == std::vector<std::string>{"build", "night"});
  CHECK(subject.issuer == "CN=Clients of a test");
  CHECK(subject.dns == std::vector<std::string>{"robot.test"});
  CHECK(subject.emails == std::vector<std::string>{"robot@example.com"});
  CHECK(subject.uris == std::vector<std::string>{"spiffe://example.com/robot"});
  CHECK(subject.fingerprint.size() == 64);
  CHECK(subject.serial == "87B7CB79481F");
  CHECK(tls::ClientCertificate::from_pem(kNameless)->subject().subject.empty());
  CHECK(tls::ClientCertificate::from_pem("nothing") == nullptr);
}

// Who shows a certificate, as policies see it.
#include "gateway/oidc/certificate_identity.h"

#include "tests/support/client_papers.h"
#include "tests/support/doctest.h"

namespace {

config::CertificateClient devices() {
  config::CertificateClient client;
  client.name = "devices";
  client.issuer.issuer = "client-certificates:devices";
  client.issuer.email = config::EmailTrust::trusted;
  client.issuer.claims.user = {"cn", {"cn"}};
  client.issuer.claims.groups = {"ou", {"ou"}};
  return client;
}

class NoLines final : public core::LogSink {
 public:
  void write(std::string_view) override {}
};

}  // namespace

TEST_CASE("a certificate is its client and its subject, and ends when it does") {
  const auto shown = tls::ClientCertificate::from_pem(tests::kRobot);
  const gateway::ClaimPaths kept{{"uri", {"uri"}}, {"dns", {"dns"}}};
  const auto robot = gateway::certificate_identity(devices(), shown->subject(), kept);
  REQUIRE(robot);
  CHECK(robot->client == "devices");
  CHECK(robot->by_certificate);
  CHECK_FALSE(robot->is_by_token());  // a browser shows it to requests of any page
  CHECK(robot->provider.empty());
  CHECK(robot->issuer == "client-certificates:devices");
  CHECK(robot->subject == "CN=robot,OU=night,OU=build,O=Example");
  CHECK(robot->user == "robot");
  CHECK(robot->email == "robot@example.com");
  CHECK(robot->email_counts);
  CHECK(robot->groups == std::vector<std::string>{"build", "night"});
  CHECK(robot->claims.text() == R"({"uri":["spiffe://example.com/robot"],"dns":["robot.test"]})");
  CHECK(robot->expires_at == shown->subject().not_after);
}

TEST_CASE("one without a distinguished name is known by its first other name") {
  const auto shown = tls::ClientCertificate::from_pem(tests::kNameless);
  const auto nameless = gateway::certificate_identity(devices(), shown->subject(), {});
  REQUIRE(nameless);
  CHECK(nameless->subject == "spiffe://example.com/nameless");
  CHECK(nameless->user == "spiffe://example.com/nameless");
}

TEST_CASE("several e-mails are nobody's, and a rule that denies sees each") {
  tls::ClientSubject subject;
  subject.subject = "CN=x";
  subject.emails = {"a@example.com", "b@example.com"};
  const auto one = gateway::certificate_identity(devices(), subject, {});
  REQUIRE(one);
  CHECK(one->email.empty());
  CHECK(one->several_emails == subject.emails);
}

TEST_CASE(
    "I03: a certificate that ended names nobody, also on a connection that stands, and so does one of no "
    "client") {
  NoLines sink;
  core::ManualClock clock{core::from_unix_seconds(2'000'000'000)};
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  const std::vector<config::CertificateClient> clients{devices()};
  const gateway::ClaimPaths kept;
  gateway::CertificateIdentities identities({clients, kept, log});
  const gateway::ShownCertificate shown{"devices", tls::ClientCertificate::from_pem(tests::kRobot)};
  gateway::Request request;
  request.certificate = &shown;
  request.now = clock.wall();
  gateway::CachedSession* found = identities.find(request);
  REQUIRE(found != nullptr);
  CHECK(identities.find(request) == found);
  request.now = shown.certificate->subject().not_after;
  CHECK(identities.find(request) == nullptr);
  const gateway::ShownCertificate others{"others", shown.certificate};
  request.certificate = &others;
  request.now = clock.wall();
  CHECK(identities.find(request) == nullptr);
}

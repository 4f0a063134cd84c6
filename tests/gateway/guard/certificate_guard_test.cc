// Whom a certificate lets in, before a guard that knows nobody.
#include "gateway/guard/certificate_guard.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/gateway/support/login_fixture.h"
#include "tests/support/client_papers.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

/// Of one route, for persons and for devices that show a certificate.
struct CertificateFixture : LoginFixture {
  core::Published<tls::ClientDemands> published{std::make_shared<const tls::ClientDemands>()};
  gateway::ShownCertificate shown{"devices", tls::ClientCertificate::from_pem(tests::kRobot)};

  CertificateFixture() {
    config::CertificateClient& client = config.login.certificate_clients.emplace_back();
    client.name = "devices";
    client.issuer.issuer = "client-certificates:devices";
    client.issuer.claims.user = {"cn", {"cn"}};
    config.policies[0].allow.emplace_back().clients = std::vector<std::string>{"devices"};
    demands = &published;
    ask_by(tests::kClientAuthority);
    build();
  }
  void ask_by(std::string_view authority) {
    const auto file = std::filesystem::temp_directory_path() / ("gateway-guard-" + std::to_string(getpid()));
    std::ofstream(file) << authority;
    auto next = std::make_shared<tls::ClientDemands>();
    next->add("app.example.com",
              tls::ClientDemand::load({"devices", file.string(), {}, tls::CertificateNeed::optional},
                                      core::SystemClock().wall())
                  .value());
    published.publish(std::shared_ptr<const tls::ClientDemands>(std::move(next)));
    std::filesystem::remove(file);
  }
  gateway::Verdict bring(const std::vector<std::pair<std::string, std::string>>& fields = {},
                         const std::string& method = "GET") {
    OwnedRequest request(method, kAppUrl, clock.wall());
    request.with("Accept", "application/json").shows(shown);
    for (const auto& [name, value] : fields) request.with(name, value);
    return judge(request);
  }
};

}  // namespace

TEST_CASE("K31: a certificate is judged by the route's policy like anybody") {
  CertificateFixture f;
  const gateway::Verdict verdict = f.bring();
  REQUIRE(verdict.admitted);
  CHECK(verdict.admitted->identity()->client == "devices");
  CHECK(verdict.admitted->identity()->user == "robot");
  CHECK_FALSE(verdict.took_authorization);
  SUBCASE("denied by another rule") {
    f.config.policies[0].deny.emplace_back().users = std::vector<std::string>{"robot"};
    f.build();
    CHECK(f.bring().answer.status == 403);
  }
  SUBCASE("no rule names its client") {
    f.config.policies[0].allow.pop_back();
    f.build();
    CHECK(f.bring().answer.status == 401);
  }
  SUBCASE("it is of another client's demand") {
    f.shown.client = "others";
    CHECK(f.bring().answer.status == 401);
  }
}

TEST_CASE("what another site's page sends is nobody's, but for a visit") {
  CertificateFixture f;
  const auto sent = [&f](const std::string& mode, const std::string& method,
                         const std::string& destination = "document") {
    return f
        .bring({{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", mode}, {"Sec-Fetch-Dest", destination}},
               method)
        .admitted.has_value();
  };
  CHECK(sent("navigate", "GET"));
  for (const char* frame : {"iframe", "frame", "object", "embed", ""})
    CHECK_FALSE(sent("navigate", "GET", frame));
  CHECK_FALSE(sent("navigate", "POST"));
  CHECK_FALSE(sent("no-cors", "GET"));
  CHECK_FALSE(sent("cors", "POST"));
  f.config.login.session.same_site = config::SameSite::none;
  f.build();
  CHECK(sent("cors", "POST"));
}

TEST_CASE("a browser that says nothing of sites is held to the origin of what it posts") {
  CertificateFixture f;
  const auto sent = [&f](const std::string& origin, const std::string& method) {
    return f.bring({{"Origin", origin}}, method).admitted.has_value();
  };
  CHECK_FALSE(sent("https://evil.example", "POST"));
  CHECK_FALSE(sent("null", "POST"));
  CHECK(sent("https://evil.example", "GET"));
  CHECK(f.bring({}, "POST").admitted.has_value());  // a program
}

TEST_CASE("a socket of a certificate ends when its authority, its policy or its time does") {
  CertificateFixture f;
  OwnedRequest request("GET", kAppUrl, f.clock.wall());
  request.shows(f.shown);
  const gateway::Verdict verdict = f.judge(request);
  REQUIRE(verdict.admitted);
  const auto owner = verdict.admitted->shared_identity();
  const gateway::Request& standing = request.request();
  CHECK(f.guard->still_admits(standing, owner, f.clock.wall()));
  CHECK_FALSE(f.guard->still_admits(standing, owner, owner->expires_at));
  f.ask_by(tests::kOtherAuthority);
  CHECK_FALSE(f.guard->still_admits(standing, owner, f.clock.wall()));
}

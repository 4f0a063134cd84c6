// Microsoft Entra ID: one issuer a tenant, groups that do not fit a token, and what proves an e-mail.
#include "config/issuer.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

void forget_all(Browser& browser) {
  for (const char* host : {"app.example.com", "auth.example.com"}) browser.forget(host);
}

const std::string kOurs = "11111111-2222-3333-4444-555555555555";
const std::string kOther = "66666666-7777-8888-9999-aaaaaaaaaaaa";
const std::string kPersonal = "9188040d-6c67-4c5b-b112-36a304b66dad";
constexpr const char* kGraph = "/v1.0/me/transitiveMemberOf";

std::string issuer_of(const std::string& tenant) {
  return "https://corp.example.net/" + tenant + "/v2.0";
}

/// A provider that publishes the template, and writes tokens of the tenant `named`.
struct Entra {
  LoginFixture f;
  std::string named = kOurs;

  explicit Entra(std::string tenant = "organizations", std::vector<std::string> tenants = {}) {
    config::Provider& settings = f.config.login.providers[0];
    settings.type = config::ProviderType::entra;
    settings.issuer = issuer_of(tenant);
    settings.issuer_url = core::parse_url(settings.issuer).value();
    settings.tenant = std::move(tenant);
    settings.tenants = std::move(tenants);
    f.config.policies[0].allow[0] = {};
    f.config.policies[0].allow[0].authenticated = true;
    f.provider.discovery.set("issuer", config::published_issuer(settings));
    f.provider.discovery.set("authorization_response_iss_parameter_supported", false);
    f.provider.discovery.set("msgraph_host", "graph.example.net");
    f.provider.edit_id_token = [this](core::Json& token) {
      token.set("iss", issuer_of(named));
      token.set("tid", named);
    };
    f.build();
  }

  gateway::Reply sign_in() {
    std::string back = f.provider.consent(f.to_provider(kAppUrl));
    back.resize(back.find("&iss="));
    return f.follow(f.get(back));
  }
  /// Who is signed in then; nothing for nobody.
  std::shared_ptr<const gateway::Identity> identity() {
    sign_in();
    const gateway::Verdict verdict = f.visit(kAppUrl);
    return verdict.admitted ? verdict.admitted->shared_identity() : nullptr;
  }
};

core::FetchResponse graph_page(const std::string& members, const std::string& next = {}) {
  const std::string link = next.empty() ? "" : R"(,"@odata.nextLink":")" + next + "\"";
  return response_of(200, "application/json", "{\"value\":[" + members + "]" + link + "}");
}

std::string group(const std::string& id) {
  return R"({"@odata.type":"#microsoft.graph.group","id":")" + id + "\"}";
}

}  // namespace

TEST_CASE("K07: a token of one of the tenants counts, and its issuer is the person's") {
  Entra any;
  const auto identity = any.identity();
  REQUIRE(identity != nullptr);
  CHECK(identity->issuer == issuer_of(kOurs));
  CHECK(identity->subject == "alice");

  Entra listed("organizations", {kOurs});
  CHECK(listed.identity() != nullptr);
  forget_all(listed.f.browser);
  listed.named = kOther;
  CHECK(listed.identity() == nullptr);
}

TEST_CASE("K07: personal accounts come with common and consumers alone") {
  for (const char* tenant : {"organizations", "common", "consumers"}) {
    CAPTURE(tenant);
    Entra personal(tenant);
    personal.named = kPersonal;
    CHECK((personal.identity() != nullptr) == (std::string(tenant) != "organizations"));
    Entra working(tenant);
    CHECK((working.identity() != nullptr) == (std::string(tenant) != "consumers"));
  }
}

TEST_CASE("K07: an issuer that is no tenant's, or another tenant's than tid, is refused") {
  const std::vector<std::pair<std::string, core::Json>> rows = {
      {issuer_of(kOurs), kOther},
      {issuer_of(kOurs), core::Json()},
      {issuer_of(kOurs), 7},
      {issuer_of("{tenantid}"), "{tenantid}"},
      {issuer_of("organizations"), "organizations"},
      {issuer_of(kOurs) + "/", kOurs},
      {"https://evil.example/" + kOurs + "/v2.0", kOurs},
      {"https://corp.example.net/" + kOurs + "/v1.0", kOurs},
      {"https://corp.example.net/x/" + kOurs + "/v2.0", kOurs},
      {"https://corp.example.net/11111111-2222-3333-4444-5555555555/5/v2.0",
       "11111111-2222-3333-4444-5555555555/5"},
  };
  for (const auto& [issuer, tenant] : rows) {
    CAPTURE(issuer);
    CAPTURE(tenant.text());
    Entra entra;
    entra.f.provider.edit_id_token = [&issuer = issuer, &tenant = tenant](core::Json& token) {
      token.set("iss", issuer);
      token.set("tid", tenant);
    };
    CHECK(entra.identity() == nullptr);
  }
}

TEST_CASE("K24: metadata must name the template, or the one tenant") {
  Entra several;
  several.f.provider.discovery.set("issuer", issuer_of(kOurs));
  several.f.build();
  CHECK(several.f.visit(kAppUrl).answer.status == 302);
  CHECK(several.f.follow(several.f.visit(kAppUrl).answer).status == 503);
  Entra one(kOurs);
  CHECK(one.identity() != nullptr);
  one.f.provider.discovery.set("issuer", issuer_of("{tenantid}"));
  one.f.build();
  forget_all(one.f.browser);
  CHECK(one.f.follow(one.f.visit(kAppUrl).answer).status == 503);
}

TEST_CASE("L06: a session ends when its tenant leaves the configuration") {
  Entra entra("organizations", {kOurs, kOther});
  REQUIRE(entra.identity() != nullptr);
  entra.f.config.login.providers[0].tenants = {kOther};
  entra.f.build();
  CHECK_FALSE(entra.f.visit(kAppUrl).admitted);
}

TEST_CASE("L06: what an operator ends for the provider ends people of every tenant") {
  Entra entra;
  const auto alice = entra.identity();
  REQUIRE(alice != nullptr);
  const std::string shared = issuer_of("organizations");
  SUBCASE("everybody") {
    core::Flow<> ending = entra.f.revocations->cut_off(shared, entra.f.clock.wall());
    ending.start();
  }
  SUBCASE("one person") {
    core::Flow<> ending = entra.f.revocations->revoke(
        {gateway::RevocationKind::person, "alice", shared, entra.f.clock.wall(), alice->expires_at});
    ending.start();
  }
  CHECK_FALSE(entra.f.visit(kAppUrl).admitted);
}

TEST_CASE("K11: an e-mail of a tenant counts with xms_edov, and with nothing else") {
  struct Row {
    core::Json proof;
    bool counts;
  };
  for (const Row& row : {Row{true, true}, Row{1, true}, Row{false, false}, Row{0, false}, Row{"true", false},
                         Row{"1", false}, Row{core::Json(), false}}) {
    CAPTURE(row.proof.text());
    Entra entra;
    entra.f.provider.claims.set("xms_edov", row.proof);  // beside email_verified: true
    const auto identity = entra.identity();
    REQUIRE(identity != nullptr);
    CHECK(identity->email == "alice@example.com");
    CHECK(identity->email_counts == row.counts);
  }
  // A proof that came without an e-mail does not speak of one that userinfo brings.
  Entra entra;
  entra.f.provider.claims = core::Json::object();
  entra.f.provider.claims.set("sub", "alice");
  entra.f.provider.claims.set("xms_edov", true);
  entra.f.provider.userinfo.set("email", "boss@example.com");
  CHECK_FALSE(entra.identity()->email_counts);
}

TEST_CASE("groups that do not fit the token are asked for at Microsoft Graph, and nowhere else") {
  Entra entra;
  SUBCASE("hasgroups") {
    entra.f.provider.claims.set("hasgroups", true);
  }
  SUBCASE("_claim_names") {
    core::Json names = core::Json::object();
    names.set("groups", "src1");
    core::Json source = core::Json::object();
    source.set("endpoint", "https://evil.example/groups");
    core::Json sources = core::Json::object();
    sources.set("src1", source);
    entra.f.provider.claims.set("_claim_names", names);
    entra.f.provider.claims.set("_claim_sources", sources);
  }
  entra.f.provider.instead[kGraph] = graph_page(
      group("aa-1") + R"(,{"@odata.type":"#microsoft.graph.directoryRole","id":"bb-2"},)" + group("cc-3"));
  const auto identity = entra.identity();
  REQUIRE(identity != nullptr);
  CHECK(identity->groups == std::vector<std::string>{"aa-1", "cc-3"});
  CHECK(entra.f.provider.last(kGraph).url.origin() == "https://graph.example.net");
  CHECK(entra.f.provider.count("/groups") == 0);
}

TEST_CASE("without an overage Microsoft Graph is not asked") {
  Entra entra;
  entra.f.provider.claims.set("groups", core::Json::array({core::Json("aa-1")}));
  CHECK(entra.identity()->groups == std::vector<std::string>{"aa-1"});
  CHECK(entra.f.provider.count(kGraph) == 0);
}

TEST_CASE("K18: what Graph says in another shape, without end or of another host refuses the sign-in") {
  std::string many;
  for (int i = 0; i < 999; ++i) many += (i == 0 ? "" : ",") + group("a-" + std::to_string(i));
  const std::string self = std::string("https://graph.example.net") + kGraph + "?$skiptoken=x";
  const core::FetchResponse rows[] = {
      graph_page(many, self),  // twice, and a session keeps a thousand
      graph_page(group("aa"), "https://evil.example" + std::string(kGraph)),
      graph_page(group("aa"), "https://graph.example.net/v1.0/me/messages"),
      graph_page("7"),
      graph_page(R"({"id":"aa"})"),
      graph_page(R"({"@odata.type":"#microsoft.graph.group","id":"AA,bb"})"),
      response_of(200, "application/json", "[]"),
      response_of(200, "text/html", "<p>"),
      response_of(403, "application/json", "{}"),
      response_of(429, "application/json", "{}"),
      response_of(302, "application/json", "{}"),
  };
  for (const core::FetchResponse& answer : rows) {
    CAPTURE(answer.status);
    CAPTURE(answer.body.substr(0, 100));
    Entra entra;
    entra.f.provider.claims.set("hasgroups", true);
    entra.f.provider.instead[kGraph] = answer;
    CHECK(entra.identity() == nullptr);
    // The token goes nowhere else: a page in another place is not even asked for.
    CHECK(entra.f.provider.count("/v1.0/me/messages") == 0);
    if (&answer != &rows[0]) CHECK(entra.f.provider.count(kGraph) == 1);
  }
}

TEST_CASE("K23: the Graph of the metadata is on the issuer's site or Microsoft's own") {
  const auto is_ready = [](const char* graph) {
    Entra entra;
    entra.f.provider.discovery.set("msgraph_host", graph);
    entra.f.build();
    return entra.f.to_provider(kAppUrl).find("/authorize") != std::string::npos;
  };
  CHECK(is_ready("graph.example.net"));
  CHECK(is_ready("graph.example.net:8443"));
  for (const char* graph : {"graph.microsoft.com", "evil.example", "127.0.0.1", "graph.example.net/x",
                            "a@graph.example.net", ""}) {
    CAPTURE(graph);
    CHECK_FALSE(is_ready(graph));
  }
}

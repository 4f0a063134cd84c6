// Machines before a whole guard: which tokens open a route, what the others read, and what is kept of a
// token.
#include "core/text/base64.h"
#include "gateway/oidc/bearer_tokens.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using Edit = std::function<void(core::Json&)>;

/// A bed whose one policy admits alice and the machine ci.
struct BearerFixture : LoginFixture {
  BearerFixture() {
    add_client("ci", "gateway-api");
    config.policies[0].allow.emplace_back().clients = std::vector<std::string>{"ci"};
    build();
  }
  /// The guard's answer to a program that says `authorization`.
  gateway::Verdict ask(const std::string& authorization, const std::string& url = kAppUrl) {
    const auto request = browser.fetch(url);
    if (!authorization.empty()) request->with("Authorization", authorization);
    return judge(*request);
  }
  gateway::Verdict bring(const std::string& token) { return ask("Bearer " + token); }
  std::string good() { return machine_token("gateway-api"); }
};

std::string challenge_of(const gateway::Verdict& verdict) {
  return field_of(verdict.answer, "WWW-Authenticate");
}

std::string unsigned_token(const std::string& payload) {
  return core::base64url_encode(R"({"alg":"none"})") + "." + core::base64url_encode(payload) + ".";
}

}  // namespace

TEST_CASE("a machine's token opens the route, and its Authorization is for us") {
  BearerFixture f;
  const gateway::Verdict verdict = f.bring(f.good());
  REQUIRE(verdict.admitted);
  CHECK(verdict.took_authorization);
  CHECK(verdict.cookies.empty());
  CHECK(verdict.admitted->identity()->client == "ci");
  CHECK(verdict.admitted->identity()->subject == "robot");
}

TEST_CASE("K07 K09: a token counts only if it is its issuer's, in time, for us, and an access token") {
  struct Row {
    const char* why;
    Edit edit;
  };
  const Row rows[] = {
      {"another audience", [](core::Json& t) { t.set("aud", "other-api"); }},
      {"no audience", [](core::Json& t) { t.set("aud", core::Json()); }},
      {"part of the audience", [](core::Json& t) { t.set("aud", "gateway-ap"); }},
      {"expired", [](core::Json& t) { t.set("exp", kNoon - 61); }},
      {"no expiry", [](core::Json& t) { t.set("exp", core::Json()); }},
      {"not yet", [](core::Json& t) { t.set("nbf", kNoon + 120); }},
      {"from the future", [](core::Json& t) { t.set("iat", kNoon + 120); }},
      {"no subject", [](core::Json& t) { t.set("sub", ""); }},
      {"an ID token", [](core::Json& t) { t.set("nonce", "n"); }},
      {"bound to a key", [](core::Json& t) { t.set("cnf", core::Json::object()); }},
  };
  BearerFixture f;
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const gateway::Verdict verdict = f.bring(f.machine_token("gateway-api", row.edit));
    CHECK_FALSE(verdict.admitted);
    CHECK(verdict.answer.status == 401);
    CHECK(challenge_of(verdict).find("error=\"invalid_token\"") != std::string::npos);
  }
  CHECK(f.bring(f.machine_token("gateway-api", [](core::Json& t) {
           t.set("aud", core::Json::array({core::Json("other"), core::Json("gateway-api")}));
         })).admitted);
}

TEST_CASE("K09: a token that its issuer did not sign is refused, whatever it says") {
  BearerFixture f;
  const std::string good = f.good();
  const std::string payload =
      core::Json::object(
          {{"iss", f.machines.issuer()}, {"sub", "robot"}, {"aud", "gateway-api"}, {"exp", kNoon + 300}})
          .text();
  std::string spoiled = good;
  spoiled[spoiled.size() - 5] = spoiled[spoiled.size() - 5] == 'A' ? 'B' : 'A';
  for (const std::string& token :
       {unsigned_token(payload), spoiled, f.provider.sign(payload), good.substr(0, good.rfind('.') + 1)}) {
    CHECK(f.bring(token).answer.status == 401);
  }
  f.machines.signer_type("id+jwt");
  CHECK(f.bring(f.good()).answer.status == 401);
  f.machines.signer_type("logout+jwt");
  CHECK(f.bring(f.good()).answer.status == 401);
  f.machines.signer_type("at+jwt");
  CHECK(f.bring(f.good()).admitted);
}

TEST_CASE("M11: a token is judged alone, never the better of it and a cookie") {
  BearerFixture f;
  f.sign_in(kAppUrl);
  REQUIRE(f.ask("").admitted);
  const std::string bad = f.machine_token("other-api");
  CHECK(f.bring(bad).answer.status == 401);
  const gateway::Verdict machine = f.bring(f.good());
  REQUIRE(machine.admitted);
  CHECK(machine.admitted->identity()->client == "ci");
  CHECK(machine.cookies.empty());
}

TEST_CASE("K08: any other Authorization is the app's own") {
  BearerFixture f;
  const std::string foreign = f.provider.sign(R"({"iss":"https://corp.example.net","sub":"alice"})");
  const std::string own[] = {"Basic YTpi",
                             "Bearer opaque-of-the-app",
                             "Bearer " + foreign,
                             "Bearer",
                             "Bearer ",
                             "Bearer a b",
                             "Bearer \"x\"",
                             "Digest x=y",
                             f.good()};
  for (const std::string& authorization : own) {
    CAPTURE(authorization);
    const gateway::Verdict nobody = f.ask(authorization);
    CHECK(nobody.answer.status == 401);
    CHECK(challenge_of(nobody).find("error") == std::string::npos);
  }
  f.sign_in(kAppUrl);
  for (const std::string& authorization : own) {
    CAPTURE(authorization);
    const gateway::Verdict alice = f.ask(authorization);
    REQUIRE(alice.admitted);
    CHECK(alice.admitted->identity()->subject == "alice");
    CHECK_FALSE(alice.took_authorization);
  }
}

TEST_CASE("the scheme is read without case") {
  BearerFixture f;
  CHECK(f.ask("bEARER  " + f.good()).admitted);
}

TEST_CASE("K09: two Authorization fields are neither the one nor the other") {
  BearerFixture f;
  const auto request = f.browser.fetch(kAppUrl);
  request->with("Authorization", "Bearer " + f.good()).with("Authorization", "Basic YTpi");
  const gateway::Verdict verdict = f.judge(*request);
  CHECK_FALSE(verdict.admitted);
  CHECK(verdict.answer.status == 400);
}

TEST_CASE("a token that counts and opens nothing here is 403, and says so") {
  BearerFixture f;
  f.config.policies[0].allow[1].groups = std::vector<std::string>{"builders"};
  f.build();
  const gateway::Verdict refused = f.bring(f.good());
  CHECK(refused.answer.status == 403);
  CHECK(challenge_of(refused).find("error=\"insufficient_scope\"") != std::string::npos);
  const Edit builder = [](core::Json& t) { t.set("groups", core::Json::array({core::Json("builders")})); };
  CHECK(f.bring(f.machine_token("gateway-api", builder)).admitted);
}

TEST_CASE("scopes are tested by rules as any claim, word by word") {
  BearerFixture f;
  f.config.policies[0].allow[1].claims.push_back({{"scope", {"scope"}}, {std::string("write")}});
  f.build();
  CHECK(f.bring(f.good()).admitted);
  const Edit less = [](core::Json& t) { t.set("scope", "read writer"); };
  CHECK(f.bring(f.machine_token("gateway-api", less)).answer.status == 403);
}

TEST_CASE("of two clients of one issuer the audience tells which one it is") {
  BearerFixture f;
  f.add_client("cd", "deploy-api");
  f.build();
  CHECK(f.bring(f.good()).admitted->identity()->client == "ci");
  CHECK(f.bring(f.machine_token("deploy-api")).answer.status == 403);
}

TEST_CASE("what is kept of a token ends with it, and with the keys that verified it") {
  BearerFixture f;
  const std::string token = f.good();
  REQUIRE(f.bring(token).admitted);
  const auto known = f.browser.fetch(kAppUrl);
  known->with("Authorization", "Bearer " + token);
  REQUIRE(f.guard->admit_now(known->request()));
  SUBCASE("its time is over") {
    f.clock.advance(std::chrono::seconds(299));
    CHECK(f.bring(token).admitted);
    f.clock.advance(std::chrono::seconds(62));
    CHECK(f.bring(token).answer.status == 401);
  }
  SUBCASE("its issuer has taken the key back") {
    f.machines.rotate();
    f.clock.advance(gateway::kKeyFetchInterval);
    CHECK(f.bring(f.good()).admitted);  // an unknown key has them fetched
    CHECK(f.bring(token).answer.status == 401);
  }
}

TEST_CASE("a socket of a machine ends with its token, and when the policy names it no more") {
  BearerFixture f;
  const auto request = f.browser.fetch(kAppUrl);
  request->with("Authorization", "Bearer " + f.good());
  const gateway::Verdict verdict = f.judge(*request);
  REQUIRE(verdict.admitted);
  const auto robot = verdict.admitted->shared_identity();
  CHECK(f.guard->still_admits(request->request(), robot, f.clock.wall()));
  const core::WallTime end = f.clock.wall() + std::chrono::seconds(300);
  // No sooner than a request is refused: clocks differ.
  CHECK(f.guard->still_admits(request->request(), robot, end));
  CHECK_FALSE(f.guard->still_admits(request->request(), robot, end + core::kDefaultClockSkew));
  f.config.policies[0].allow.pop_back();
  f.build();
  CHECK_FALSE(f.guard->still_admits(request->request(), robot, f.clock.wall()));
}

TEST_CASE("an issuer that was never reached is 503, and nobody is let in") {
  BearerFixture f;
  f.machines.instead["/keys"] = core::failure(core::ErrorKind::unreachable, core::Side::provider, "down");
  f.build();
  const gateway::Verdict verdict = f.bring(f.good());
  CHECK_FALSE(verdict.admitted);
  CHECK(verdict.answer.status == 503);
  CHECK_FALSE(field_of(verdict.answer, "Retry-After").empty());
}

TEST_CASE("an issuer without endpoints for people will do") {
  BearerFixture f;
  f.machines.discovery =
      core::Json::object({{"issuer", f.machines.issuer()}, {"jwks_uri", f.machines.issuer() + "/keys"}});
  f.build();
  CHECK(f.bring(f.good()).admitted);
}

TEST_CASE("a 401 says that a token would do and where to read which (RFC 6750, RFC 9728)") {
  BearerFixture f;
  f.config.login.clients[0].scopes = {"read", "write"};
  f.build();
  const gateway::Verdict nobody = f.ask("", "https://app.example.com/mcp?x=1");
  CHECK(challenge_of(nobody) ==
        "Bearer realm=\"app.example.com\", scope=\"read write\", "
        "resource_metadata=\"https://app.example.com/.well-known/oauth-protected-resource/mcp\"");
  const auto meant = f.browser.fetch("https://app.example.com/mcp");
  const auto document = f.guard->describe_resource(meant->request());
  REQUIRE(document);
  CHECK(
      document->body ==
      R"({"resource":"https://app.example.com/mcp","authorization_servers":["https://machines.example.net"],)"
      R"("scopes_supported":["read","write"],"bearer_methods_supported":["header"]})"
      "\n");
  CHECK(f.visit(kAppUrl).answer.status == 302);  // people go on as ever
}

TEST_CASE("where no token opens a route, nothing says so, and tokens of ours are judged all the same") {
  BearerFixture f;
  f.config.policies[0].allow.pop_back();
  f.build();
  const auto meant = f.browser.fetch(kAppUrl);
  CHECK_FALSE(f.guard->describe_resource(meant->request()));
  CHECK(challenge_of(f.ask("")).empty());
  CHECK(f.bring(f.good()).answer.status == 403);
  CHECK(f.bring(f.machine_token("other-api")).answer.status == 401);
}

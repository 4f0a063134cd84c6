#include "gateway/oidc/access_token.h"

#include "tests/support/doctest.h"

namespace {

const core::WallTime kEnd = core::from_unix_seconds(2'000'000'000);

config::Client client_with(std::vector<std::string> scopes) {
  config::Client client;
  client.name = "ci";
  client.issuer.name = "clients.ci";
  client.issuer.issuer = "https://id.example.net";
  client.issuer.email = config::EmailTrust::ignored;
  client.scopes = std::move(scopes);
  return client;
}

core::Result<gateway::Identity> machine(const config::Client& client, const std::string& claims) {
  const gateway::ClaimPaths kept{{"scope", {"scope"}}, {"scp", {"scp"}}, {"azp", {"azp"}}};
  return gateway::machine_of(client, core::Json::parse(claims, core::Side::client).value(), kEnd, kept);
}

}  // namespace

TEST_CASE("a machine is its client and its subject, has no e-mail that counts, and ends with its token") {
  const auto robot = machine(client_with({}), R"({"sub":"robot","email":"alice@example.com",
    "email_verified":true,"groups":["builders"],"azp":"ci-7"})");
  REQUIRE(robot);
  CHECK(robot->client == "ci");
  CHECK(robot->is_by_token());
  CHECK(robot->provider.empty());
  CHECK(robot->subject == "robot");
  CHECK(robot->user == "robot");
  CHECK_FALSE(robot->email_counts);
  CHECK(robot->groups == std::vector<std::string>{"builders"});
  CHECK(robot->claims.string_at("azp") == "ci-7");
  CHECK(robot->expires_at == kEnd);
}

TEST_CASE("scopes are words, whichever way an issuer writes them") {
  struct Row {
    const char* claims;
    bool has_write;
  };
  const Row rows[] = {
      {R"({"sub":"r","scope":"read write"})", true},
      {R"({"sub":"r","scope":"write"})", true},
      {R"({"sub":"r","scope":" write  read "})", true},
      {R"({"sub":"r","scope":["read","write"]})", true},
      {R"({"sub":"r","scp":"read write"})", true},
      {R"({"sub":"r","scp":["write"]})", true},
      {R"({"sub":"r","scope":"read","scp":"write"})", true},
      {R"({"sub":"r"})", false},
      {R"({"sub":"r","scope":"writes"})", false},
      {R"({"sub":"r","scope":"read,write"})", false},
      {R"({"sub":"r","scope":["read write"]})", false},
      {R"({"sub":"r","scope":{"write":true}})", false},
      {R"({"sub":"r","scope":"WRITE"})", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.claims);
    CHECK(machine(client_with({"write"}), row.claims).has_value() == row.has_write);
  }
  CHECK_FALSE(machine(client_with({"read", "write"}), R"({"sub":"r","scope":"read"})"));
  const auto robot = machine(client_with({}), R"({"sub":"r","scope":"read write"})");
  REQUIRE(robot);
  CHECK(robot->claims.text() == R"({"scope":["read","write"]})");
}

TEST_CASE("K07: tokens that were not written to be shown to an API are refused") {
  for (const char* claims : {
           R"({"sub":"r","cnf":{"jkt":"x"}})",
           R"({"sub":"r","nonce":"n"})",
           R"({"sub":"r","at_hash":"x"})",
           R"({"sub":"r","events":{}})",
           R"({"sub":"r","token_use":"id"})",
           R"({"sub":"r","token_use":"refresh_token"})",
           R"({"sub":"r","typ":"ID"})",
           R"({"sub":"r","typ":"Refresh"})",
           R"({"sub":"r","typ":"Offline"})",
           R"({"sub":"r","typ":"Logout"})",
           R"({"sub":""})",
           R"({})",
       }) {
    CAPTURE(claims);
    CHECK_FALSE(machine(client_with({}), claims));
  }
  CHECK(machine(client_with({}), R"({"sub":"r","typ":"Bearer"})"));
}

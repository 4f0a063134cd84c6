#include "gateway/oidc/introspection.h"

#include "tests/support/doctest.h"

namespace {

const core::WallTime kNow = core::from_unix_seconds(2'000'000'000);

config::Client client_of_id() {
  config::Client client;
  client.name = "ci";
  client.audience = "gateway-api";
  client.issuer.issuer = "https://id.example.net";
  client.scopes = {"read"};
  return client;
}

core::Result<gateway::Identity> read(const std::string& answer) {
  return gateway::read_introspection(client_of_id(), core::Json::parse(answer, core::Side::provider).value(),
                                     kNow, {});
}

}  // namespace

TEST_CASE("an active token names its machine, with what RFC 7662 lets an issuer leave out") {
  const auto whole = read(R"({"active":true,"sub":"robot","aud":["gateway-api"],"scope":"read write",
    "exp":2000000100,"iat":1999999999,"iss":"https://id.example.net","token_type":"bearer","client_id":"x"})");
  REQUIRE(whole);
  CHECK(whole->client == "ci");
  CHECK(whole->subject == "robot");
  CHECK(whole->expires_at == core::from_unix_seconds(2'000'000'100));
  const auto bare = read(R"({"active":true,"client_id":"robot","aud":"gateway-api","scope":"read"})");
  REQUIRE(bare);
  CHECK(bare->subject == "robot");
  CHECK(bare->expires_at == kNow + gateway::kOpaqueLife);
}

TEST_CASE("K07 K18: what an issuer says no to, or does not say enough of, is nobody's") {
  for (const char* answer : {
           R"({"active":false})",
           R"({"active":false,"sub":"robot","aud":"gateway-api","scope":"read"})",
           R"({"active":true,"sub":"robot","aud":"other","scope":"read"})",
           R"({"active":true,"sub":"robot","scope":"read"})",
           R"({"active":true,"aud":"gateway-api","scope":"read"})",
           R"({"active":true,"sub":"robot","aud":"gateway-api"})",
           R"({"active":true,"sub":"robot","aud":"gateway-api","scope":"read","exp":1999999000})",
           R"({"active":true,"sub":"robot","aud":"gateway-api","scope":"read","nbf":2000000100})",
           R"({"active":true,"sub":"robot","aud":"gateway-api","scope":"read","iss":"https://evil.example"})",
           R"({"active":true,"sub":"robot","aud":"gateway-api","scope":"read","token_type":"DPoP"})",
           R"({"active":true,"sub":"robot","aud":"gateway-api","scope":"read","cnf":{"jkt":"x"}})",
       }) {
    CAPTURE(answer);
    const auto machine = read(answer);
    REQUIRE_FALSE(machine);
    CHECK(machine.error().kind == core::ErrorKind::unverified);
  }
}

TEST_CASE("K18: an answer that is none says nothing about the token") {
  for (const char* answer : {"{}", "[]", "null", "\"x\"", R"({"active":"true"})", R"({"active":1})"}) {
    CAPTURE(answer);
    const auto machine = read(answer);
    REQUIRE_FALSE(machine);
    CHECK(machine.error().kind == core::ErrorKind::malformed);
  }
}

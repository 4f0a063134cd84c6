// What a provider may say and what it may not: ID tokens, keys, userinfo, discovery, seen from the end of a
// sign-in.
#include "core/text/base64.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using namespace std::chrono_literals;

/// Signs in with whatever the provider was told to say.
gateway::Reply attempt(LoginFixture& f) {
  return f.get(f.provider.consent(f.to_provider(kAppUrl)));
}

bool accepts(LoginFixture& f) {
  const gateway::Reply reply = attempt(f);
  const bool is_in = reply.status == 302;
  CHECK((is_in || reply.status == 502 || reply.status == 403 || reply.status == 503));
  CHECK(is_in == (f.visit("https://auth.example.com/").admitted.has_value()));
  CHECK(reply.body.find("planted") == std::string::npos);
  return is_in;
}

std::string unsigned_token(const std::string& payload, const std::string& header) {
  return core::base64url_encode(header) + "." + core::base64url_encode(payload) + ".";
}

}  // namespace

TEST_CASE("K02: an ID token with a wrong, absent, empty or listed nonce is refused") {
  LoginFixture f;
  core::Json nonce;
  bool is_absent = false;
  SUBCASE("wrong") {
    nonce = core::Json("x");
  }
  SUBCASE("empty") {
    nonce = core::Json("");
  }
  SUBCASE("list") {
    nonce = core::Json::array({core::Json("x")});
  }
  SUBCASE("null") {
    nonce = core::Json();
  }
  SUBCASE("absent") {
    is_absent = true;
  }
  f.provider.discovery.set("nonce_supported", false);
  f.provider.edit_id_token = [&](core::Json& token) {
    if (is_absent) {
      core::Json without = core::Json::object();
      for (const core::JsonMember& member : token.members()) {
        if (member.name != "nonce") without.set(member.name, member.value);
      }
      token = without;
    } else {
      token.set("nonce", nonce);
    }
  };
  CHECK_FALSE(accepts(f));
}

TEST_CASE("K07: issuer and audience must be ours, byte for byte") {
  struct Row {
    const char* claim;
    core::Json value;
    bool is_good;
  };
  const core::Json ours("gateway");
  const core::Json other("other");
  const Row rows[] = {
      {"iss", "https://corp.example.net/", false},
      {"iss", "https://CORP.example.net", false},
      {"iss", "http://corp.example.net", false},
      {"iss", "https://other.example.net", false},
      {"aud", other, false},
      {"aud", core::Json::array(), false},
      {"aud", core::Json::array({other}), false},
      {"aud", core::Json::array({ours}), true},
      {"aud", core::Json::array({ours, other}), false},
      {"aud", core::Json(), false},
      {"sub", "", false},
      {"sub", 7, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.claim);
    CAPTURE(row.value.text());
    LoginFixture f;
    f.provider.edit_id_token = [&](core::Json& token) { token.set(row.claim, row.value); };
    CHECK(accepts(f) == row.is_good);
  }
}

TEST_CASE("K17: times that are over, strange or missing are refused, and clocks may differ by a minute") {
  struct Row {
    const char* claim;
    core::Json value;
    bool is_good;
  };
  const Row rows[] = {
      {"exp", 1e300, false},        {"exp", -1, false},           {"exp", 0, false},
      {"exp", "1800000300", false}, {"exp", core::Json(), false}, {"exp", kNoon - 61, false},
      {"exp", kNoon - 30, true},    {"nbf", kNoon + 61, false},   {"nbf", kNoon + 59, true},
      {"iat", kNoon + 3600, false}, {"iat", 1.5, false},          {"iat", core::Json(), false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.claim);
    CAPTURE(row.value.text());
    LoginFixture f;
    f.provider.edit_id_token = [&](core::Json& token) { token.set(row.claim, row.value); };
    CHECK(accepts(f) == row.is_good);
  }
}

TEST_CASE("K04: unsigned tokens and tokens signed with what is public are refused") {
  LoginFixture f;
  const std::string public_key = f.provider.signer().key.public_key().to_pem();
  const auto hmac_token = [](const std::string& payload, std::string_view key) {
    const std::string head = unsigned_token(payload, R"({"alg":"HS256","kid":"key-0"})");
    const std::string signed_part = head.substr(0, head.size() - 1);
    return head + core::base64url_encode(core::view_of(core::hmac_sha256(key, signed_part)));
  };
  SUBCASE("none") {
    f.provider.sign = [](const std::string& payload) { return unsigned_token(payload, R"({"alg":"none"})"); };
  }
  SUBCASE("nOnE") {
    f.provider.sign = [](const std::string& payload) { return unsigned_token(payload, R"({"alg":"nOnE"})"); };
  }
  SUBCASE("no alg") {
    f.provider.sign = [](const std::string& payload) {
      return unsigned_token(payload, R"({"kid":"key-0"})");
    };
  }
  SUBCASE("HS256 with the public key") {
    f.provider.sign = [&](const std::string& payload) { return hmac_token(payload, public_key); };
  }
  SUBCASE("HS256 with the client secret") {
    f.provider.sign = [&](const std::string& payload) { return hmac_token(payload, "s3cret/&"); };
  }
  SUBCASE("a broken signature") {
    f.provider.sign = [&](const std::string& payload) {
      std::string token = core::sign_jws(payload, f.provider.signer());
      token[token.size() - 10] = token[token.size() - 10] == 'A' ? 'B' : 'A';
      return token;
    };
  }
  CHECK_FALSE(accepts(f));
}

TEST_CASE("at_hash must fit where it is present") {
  LoginFixture f;
  bool is_good = false;
  SUBCASE("wrong") {
    f.provider.edit_id_token = [](core::Json& token) { token.set("at_hash", "AAAA"); };
  }
  SUBCASE("right") {
    const core::Sha256Digest digest = core::sha256("planted-access-token");
    const std::string half = core::base64url_encode(core::view_of(digest).substr(0, 16));
    f.provider.edit_id_token = [half](core::Json& token) { token.set("at_hash", half); };
    is_good = true;
  }
  CHECK(accepts(f) == is_good);
}

TEST_CASE("keys that were rotated just before the signing are fetched again within the same sign-in") {
  LoginFixture f;
  CHECK(f.provider.count("/keys") == 1);
  f.provider.rotate();
  CHECK(accepts(f));
  CHECK(f.provider.count("/keys") == 2);
}

TEST_CASE("K05: unknown keys fetch the set once in thirty seconds, and known ones go on working") {
  LoginFixture f;
  const core::JwsSigner good = f.provider.signer();
  f.provider.rotate(false);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(accepts(f));
  CHECK(f.provider.count("/keys") == 2);
  f.provider.sign = [&](const std::string& payload) { return core::sign_jws(payload, good); };
  CHECK(accepts(f));
  CHECK(f.provider.count("/keys") == 2);
  f.browser.forget("auth.example.com");
  f.provider.sign = [&](const std::string& payload) { return core::sign_jws(payload, f.provider.signer()); };
  f.clock.advance(30s);
  CHECK_FALSE(accepts(f));
  CHECK(f.provider.count("/keys") == 3);
}

TEST_CASE("K06: keys that cannot be fetched again leave the old ones, and admit nobody new") {
  const core::FetchResponse answers[] = {
      response_of(500, "application/json", "{}"),
      response_of(200, "text/html", "<p>"),
      response_of(200, "application/json", "{}"),
      response_of(200, "application/json", R"({"keys":[]})"),
      response_of(200, "application/json", R"({"keys":[{"kty":"oct","k":"AAAA"}]})"),
      response_of(302, "text/html", "")};
  for (const core::FetchResponse& answer : answers) {
    CAPTURE(answer.body);
    LoginFixture f;
    const core::JwsSigner good = f.provider.signer();
    f.provider.rotate();
    f.provider.instead.emplace("/keys", answer);
    CHECK_FALSE(accepts(f));
    f.provider.sign = [&](const std::string& payload) { return core::sign_jws(payload, good); };
    CHECK(accepts(f));
  }
}

TEST_CASE(
    "the client secret goes in the Authorization field, form-encoded, or in the body where only that is "
    "offered") {
  LoginFixture f;
  attempt(f);
  const std::string basic = "Basic " + core::base64_encode("gateway:s3cret%2F%26", core::Base64::standard);
  const auto authorization = [&f] {
    for (const auto& [name, value] : f.provider.last("/token").fields) {
      if (name == "Authorization") return value;
    }
    return std::string();
  };
  CHECK(authorization() == basic);
  CHECK(f.provider.last("/token").body.find("client_secret") == std::string::npos);

  LoginFixture post;
  post.provider.discovery.set("token_endpoint_auth_methods_supported",
                              core::Json::array({core::Json("client_secret_post")}));
  post.build();
  attempt(post);
  CHECK(parameter_of("?" + post.provider.last("/token").body, "client_secret") == "s3cret/&");
}

TEST_CASE("token responses of the wrong shape are refused, an unusual but right one is not") {
  struct Row {
    const char* member;
    core::Json value;
    bool is_good;
  };
  const Row rows[] = {{"token_type", "BEARER", true},
                      {"token_type", "mac", false},
                      {"token_type", core::Json(), false},
                      {"id_token", core::Json(), false},
                      {"id_token", "", false},
                      {"id_token", "a.b.c", false},
                      {"access_token", core::Json(), false},
                      {"expires_in", "soon", true},
                      {"unknown", 1, true}};
  for (const Row& row : rows) {
    CAPTURE(row.member);
    CAPTURE(row.value.text());
    LoginFixture f;
    f.provider.edit_token_response = [&](core::Json& response) { response.set(row.member, row.value); };
    CHECK(accepts(f) == row.is_good);
  }
}

TEST_CASE(
    "K25: a token endpoint that redirects, fails or answers HTML ends the sign-in, and is not followed") {
  for (const int status : {302, 307, 308, 500, 200}) {
    LoginFixture f;
    core::FetchResponse answer = response_of(status, "text/html", "<html>planted");
    answer.fields.emplace_back("Location", "https://evil.example/");
    f.provider.instead.emplace("/token", answer);
    CHECK_FALSE(accepts(f));
    CHECK(f.provider.count("/token") == 1);
  }
}

TEST_CASE("K25: good tokens count only in a 200 that says that it is JSON") {
  struct Row {
    int status;
    std::string type;
    bool is_good;
  };
  const Row rows[] = {{200, "application/json", true},  {200, "Application/JSON ; charset=utf-8", true},
                      {200, "text/html", false},        {200, "", false},
                      {201, "application/json", false}, {302, "application/json", false},
                      {404, "application/json", false}};
  for (const Row& row : rows) {
    CAPTURE(row.status);
    CAPTURE(row.type);
    LoginFixture f;
    f.provider.edit_token_answer = [&row](core::FetchResponse& answer) {
      answer = response_of(row.status, row.type, answer.body);
    };
    CHECK(accepts(f) == row.is_good);
  }
}

TEST_CASE("K22: an error of the token endpoint reaches the log by its code alone") {
  LoginFixture f;
  f.provider.instead.emplace(
      "/token",
      response_of(400, "application/json", R"({"error":"invalid_client","error_description":"planted"})"));
  const gateway::Reply reply = attempt(f);
  CHECK(reply.status == 403);
  CHECK(reply.body.find("invalid_client") == std::string::npos);
  CHECK(f.sink.text.find("invalid_client") != std::string::npos);
  CHECK(f.sink.text.find("planted") == std::string::npos);
  CHECK(f.sink.text.find("0123456789abcdef0123456789abcdef") != std::string::npos);
}

TEST_CASE("K22: what a token endpoint calls its error is not repeated unless it is a plain code") {
  for (const std::string error : {"planted <b>", "PLANTED", "planted\\r\\nx", "", "planted-code"}) {
    CAPTURE(error);
    LoginFixture f;
    f.provider.instead.emplace("/token",
                               response_of(400, "application/json", "{\"error\":\"" + error + "\"}"));
    const gateway::Reply reply = attempt(f);
    CHECK(reply.status == 403);
    CHECK(reply.body.find("lanted") == std::string::npos);
    CHECK(f.sink.text.find("unnamed") != std::string::npos);
    CHECK(f.sink.text.find("lanted") == std::string::npos);
    CHECK(f.sink.text.find("PLANTED") == std::string::npos);
  }
}

TEST_CASE(
    "K18: userinfo counts only as a JSON object about the same subject; anything else ends the sign-in") {
  const auto json = [](const std::string& body) { return response_of(200, "application/json", body); };
  const core::FetchResponse answers[] = {json("[]"),
                                         json("\"x\""),
                                         json("null"),
                                         json("{}"),
                                         json(R"({"sub":"bob"})"),
                                         json(R"({"sub":["alice"]})"),
                                         response_of(200, "text/html", "<p>"),
                                         response_of(401, "application/json", R"({"sub":"alice"})"),
                                         response_of(200, "application/jwt", "e30.e30.")};
  for (const core::FetchResponse& answer : answers) {
    CAPTURE(answer.body);
    LoginFixture f;
    f.provider.instead.emplace("/userinfo", answer);
    CHECK_FALSE(accepts(f));
  }
}

TEST_CASE("claims of userinfo that come as a JWT are refused with the mend") {
  LoginFixture f;
  f.provider.instead.emplace("/userinfo", response_of(200, "application/jwt;charset=utf-8", "e30.e30."));
  CHECK_FALSE(accepts(f));
  CHECK(f.sink.text.find("without userinfo_signed_response_alg") != std::string::npos);
}

TEST_CASE("userinfo is asked only where the ID token lacks a claim, and adds but never replaces") {
  LoginFixture f;
  f.provider.userinfo.set("groups", core::Json::array({core::Json("a"), core::Json("b")}));
  f.provider.userinfo.set("email", "mallory@example.com");
  REQUIRE(accepts(f));
  const gateway::Verdict verdict = f.visit("https://auth.example.com/");
  CHECK(verdict.admitted->identity()->groups == std::vector<std::string>{"a", "b"});
  CHECK(verdict.admitted->identity()->email == "alice@example.com");

  LoginFixture full;
  for (const char* name : {"name", "preferred_username"}) full.provider.claims.set(name, "x");
  full.provider.claims.set("groups", core::Json::array({core::Json("g")}));
  CHECK(accepts(full));
  CHECK(full.provider.count("/userinfo") == 0);
}

TEST_CASE("email_verified of userinfo says nothing about another e-mail of the ID token") {
  LoginFixture f;
  f.provider.claims = core::Json::object();
  f.provider.claims.set("sub", "alice");
  f.provider.claims.set("email", "alice@example.com");
  f.provider.userinfo.set("email", "mallory@evil.example");
  f.provider.userinfo.set("email_verified", true);
  attempt(f);
  const gateway::Verdict verdict = f.visit("https://auth.example.com/");
  CHECK_FALSE(verdict.admitted.has_value());
  CHECK(verdict.answer.status == 403);
}

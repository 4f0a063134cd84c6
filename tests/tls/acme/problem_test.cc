#include "tls/acme/problem.h"

#include "tests/support/doctest.h"

using namespace tls;
using core::Json;
using namespace std::chrono_literals;

namespace {

const core::WallTime kNow = core::from_unix_seconds(784111777);  // Sun, 06 Nov 1994 08:49:37 GMT

core::FetchResponse response(int status, std::string body, std::string retry_after = "") {
  core::FetchResponse out;
  out.status = status;
  out.body = std::move(body);
  if (!retry_after.empty()) out.fields.emplace_back("Retry-After", retry_after);
  return out;
}

}  // namespace

TEST_CASE("Retry-After is read in both forms and nothing else") {
  struct Row {
    const char* text;
    std::int64_t seconds;  ///< -1: none
  };
  const Row rows[] = {{"0", 0},
                      {"120", 120},
                      {"99999999999", 366L * 86400},
                      {"Sun, 06 Nov 1994 08:50:37 GMT", 60},
                      {"Sun, 06 Nov 1994 08:48:37 GMT", 0},
                      {"", -1},
                      {"-1", -1},
                      {"+1", -1},
                      {"1.5", -1},
                      {"1 ", -1},
                      {"soon", -1},
                      {"99999999999999999999999", -1}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto read = read_retry_after(row.text, kNow);
    CHECK((read ? read->count() / 1000 : -1) == row.seconds);
  }
}

TEST_CASE("a pause is what was said, within bounds") {
  constexpr PauseBounds kBounds{1s, 60s, 5s};
  CHECK(clamped(std::nullopt, kBounds) == 5s);
  CHECK(clamped(core::Duration(0), kBounds) == 1s);
  CHECK(clamped(core::Duration(2s), kBounds) == 2s);
  CHECK(clamped(core::Duration(24h), kBounds) == 60s);
}

TEST_CASE("a problem becomes one sentence with every name and what to do") {
  const Problem problem = read_problem(
      response(
          403,
          R"({"type":"urn:ietf:params:acme:error:compound","detail":"two names failed","instance":"https://ca.test/help",
                "subproblems":[{"type":"urn:ietf:params:acme:error:caa","detail":"no","identifier":{"type":"dns","value":"a.test"}},
                               {"type":"urn:ietf:params:acme:error:dns","detail":"NXDOMAIN","identifier":{"type":"dns","value":"b.test"}}]})"),
      kNow);
  CHECK(sentence(problem) ==
        "compound: two names failed; a.test: caa: no; b.test: dns: NXDOMAIN; see https://ca.test/help");
  const Problem limited = read_problem(
      response(429, R"({"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many"})", "3600"),
      kNow);
  CHECK(limited.is("rateLimited"));
  CHECK(sentence(limited) == "rateLimited: too many; come again after 3600 s");
  CHECK(error_of(limited).retry == core::Retry::later);
  CHECK(error_of(limited).kind == core::ErrorKind::unavailable);
  const Problem final_one = read_problem(
      response(403, R"({"type":"urn:ietf:params:acme:error:externalAccountRequired","detail":"x"})"), kNow);
  CHECK(sentence(final_one).ends_with("give tls.acme.external_account"));
  CHECK(error_of(final_one).retry == core::Retry::never);
}

TEST_CASE("what is no problem document still says something, and nothing of it is long") {
  for (const char* body : {"", "<html>busy</html>", "[]", "null", "{}", "{\"type\":7,\"subproblems\":{}}"}) {
    const Problem problem = read_problem(response(503, body), kNow);
    CHECK(sentence(problem).starts_with("status 503"));
    CHECK(error_of(problem).kind == core::ErrorKind::unavailable);
  }
  Json json = Json::object();
  json.set("detail", Json(std::string(100'000, 'x')));
  Json parts = Json::array();
  for (int i = 0; i < 400; ++i) parts.push(Json::object());
  json.set("subproblems", std::move(parts));
  CHECK(sentence(read_problem(json)).size() < 2000);
  CHECK(read_problem(json).parts.size() == kMaxProblemParts);
}

TEST_CASE("a page to read is https or not shown") {
  for (const char* url : {"http://ca.test/x", "javascript:alert(1)", "https://user@ca.test/"}) {
    Json json = Json::object();
    json.set("instance", Json(url));
    CHECK(read_problem(json).instance.empty());
  }
}

TEST_CASE("which names a problem is about: its parts, or names of ours that its text mentions") {
  const std::vector<std::string> names{"*.bad.test", "a.test", "bad.test", "www.bad.test"};
  struct Row {
    const char* json;
    std::vector<std::string> about;
  };
  const Row rows[] = {
      {R"({"type":"urn:ietf:params:acme:error:rejectedIdentifier","subproblems":[
          {"type":"urn:ietf:params:acme:error:rejectedIdentifier","identifier":{"type":"dns","value":"BAD.test"}},
          {"type":"urn:ietf:params:acme:error:caa","identifier":{"type":"dns","value":"stranger.test"}}]})",
       {"bad.test"}},
      {R"({"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"cannot issue for \"bad.test\": policy"})",
       {"bad.test"}},
      {R"({"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"Cannot issue for *.bad.test."})",
       {"*.bad.test"}},
      {R"({"type":"urn:ietf:params:acme:error:caa","detail":"CAA record for www.bad.test, a.test prevents"})",
       {"a.test", "www.bad.test"}},
      {R"({"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"notbad.test bad.test.evil -a.test"})",
       {}},
      {R"({"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many for bad.test"})", {}},
      {R"({"type":"urn:ietf:params:acme:error:rejectedIdentifier"})", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    const auto json = core::Json::parse(row.json, core::Side::authority);
    REQUIRE(json);
    std::vector<std::string> about;
    for (const tls::NameRefusal& refusal : tls::refusals_in(tls::read_problem(*json), names)) {
      about.push_back(refusal.name);
    }
    CHECK(about == row.about);
  }
}

// What another decision engine is asked, and what its answers mean.
#include "gateway/guard/engine_question.h"

#include "tests/gateway/support/sessions_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using gateway::AuthorizationUse;

struct Fixture : SessionsFixture {
  config::Authorize settings;
  OwnedRequest request{"POST", "https://app.example.com:8443/a/b?c=d", clock.wall()};

  Fixture() { settings.url = core::parse_url("http://engine:9091/check/?own=1").value(); }
  core::FetchRequest question(AuthorizationUse use = AuthorizationUse::clients) const {
    return gateway::engine_question(settings, request.request(), *names, use);
  }
  [[nodiscard]] core::Result<gateway::EngineAnswer> read(const core::FetchResponse& response) const {
    return gateway::read_engine_answer(settings, response, *names);
  }
};

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string field(const Fields& fields, std::string_view name) {
  std::string all;
  for (const auto& [each, value] : fields) {
    if (each == name) all.append(all.empty() ? "" : "|").append(value);
  }
  return all;
}

core::FetchResponse response(int status, Fields fields = {}, std::string body = {}) {
  return {status, std::move(fields), std::move(body)};
}

}  // namespace

TEST_CASE("M12: the question is a GET without a body, whatever is asked about") {
  Fixture f;
  f.request.with("Content-Length", "4").with("Transfer-Encoding", "chunked").with("Expect", "100-continue");
  const core::FetchRequest asked = f.question();
  CHECK(asked.method == "GET");
  CHECK(asked.body.empty());
  CHECK(asked.url.text() == "http://engine:9091/check/?own=1");
  CHECK(field(asked.fields, "X-Forwarded-Method") == "POST");
  CHECK(field(asked.fields, "X-Forwarded-Host") == "app.example.com:8443");
  CHECK(field(asked.fields, "X-Forwarded-Uri") == "/a/b?c=d");
  for (const auto& [name, value] : asked.fields) {
    CHECK(name != "Content-Length");
    CHECK(name != "Transfer-Encoding");
    CHECK(name != "Expect");
  }
}

TEST_CASE("F07: of the fields of the client those alone go that are listed") {
  Fixture f;
  f.request.with("Cookie", "a=1; __Host-gateway=x").with("Cookie", "__Host-gateway-1=y; b=2");
  f.request.with("Authorization", "Bearer t").with("X-Forwarded-Prefix", "/evil").with("Accept", "text/html");
  f.request.with("X-Custom", "1").with("x-requested-WITH", "fetch");
  const core::FetchRequest asked = f.question();
  CHECK(field(asked.fields, "Cookie") == "a=1; b=2");
  CHECK(field(asked.fields, "Authorization") == "Bearer t");
  CHECK(field(asked.fields, "X-Requested-With") == "fetch");
  CHECK(asked.fields.size() == 5 + 4);
  CHECK(field(f.question(AuthorizationUse::ours).fields, "Authorization").empty());
}

TEST_CASE("with ext_authz the request's own method, host and path are asked, below the path of the URL") {
  Fixture f;
  f.settings.url = core::parse_url("https://engine.example/api/authz/ext-authz/").value();
  f.settings.convention = config::EngineConvention::ext_authz;
  const core::FetchRequest asked = f.question();
  CHECK(asked.method == "POST");
  CHECK(asked.url.text() == "https://app.example.com:8443/api/authz/ext-authz/a/b?c=d");
  REQUIRE(asked.reached_at);
  CHECK(asked.reached_at->origin() == "https://engine.example");
  CHECK(asked.certificate_name == "engine.example");
}

TEST_CASE("M05: what is neither a 2xx nor a refusal of the engine is an error") {
  Fixture f;
  f.settings.identity = {"Remote-User"};
  for (const int status : {100, 103, 199, 300, 304, 305, 306, 309, 400, 402, 404, 407, 429, 500, 502, 503}) {
    CAPTURE(status);
    CHECK_FALSE(f.read(response(status, {{"Location", "https://portal.example/"}})));
  }
  CHECK_FALSE(f.read(response(302)));
  CHECK_FALSE(f.read(response(200, {{"Remote-User", "a"}, {"remote-user", "a"}})));
  CHECK_FALSE(f.read(response(200, {{"Remote-User", "a\x01"}})));
  for (const int status : {200, 201, 204, 299}) CHECK(f.read(response(status))->is_admitted);
}

TEST_CASE("of a 2xx the listed fields alone reach the app, under the name that is configured") {
  Fixture f;
  f.settings.identity = {"Remote-User", "Remote-Groups"};
  const auto answer =
      f.read(response(200, {{"remote-user", "ann"}, {"Remote-Email", "x"}, {"Set-Cookie", "a=b"}}, "body"));
  REQUIRE(answer);
  CHECK(answer->fields == Fields{{"Remote-User", "ann"}});
}

TEST_CASE("a refusal keeps what the client needs and no cookie of ours") {
  Fixture f;
  const auto answer = f.read(response(401,
                                      {{"Location", "https://portal.example/"},
                                       {"Set-Cookie", "portal=1"},
                                       {"Set-Cookie", "__Host-gateway=1"},
                                       {"WWW-Authenticate", "Basic"},
                                       {"Content-Type", "text/plain"},
                                       {"Content-Length", "3"},
                                       {"X-Internal", "1"}},
                                      "why"));
  REQUIRE(answer);
  CHECK_FALSE(answer->is_admitted);
  CHECK(answer->refusal.status == 401);
  CHECK(answer->refusal.body == "why");
  CHECK(fields_of(answer->refusal, "Set-Cookie") == std::vector<std::string>{"portal=1"});
  CHECK(field_of(answer->refusal, "Location") == "https://portal.example/");
  CHECK(field_of(answer->refusal, "WWW-Authenticate") == "Basic");
  CHECK(field_of(answer->refusal, "Cache-Control") == "no-store");
  CHECK(field_of(answer->refusal, "X-Internal").empty());
  CHECK(field_of(answer->refusal, "Content-Length").empty());
}

// A provider's answer by form post: sent on as the navigation that any other callback is, never judged
// without the cookie of its attempt.
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

constexpr const char* kFormType = "application/x-www-form-urlencoded";

/// What the provider's site has the browser post: without our cookies.
gateway::Reply post(LoginFixture& f, const std::string& url, const std::string& body,
                    const char* type = kFormType) {
  OwnedRequest request("POST", url, f.clock.wall());
  request.as_navigation("cross-site").with("Content-Type", type);
  return f.serve(request, body);
}

/// The provider's answer to `authorization`, as a query.
std::string answer_of(LoginFixture& f, const std::string& authorization) {
  const std::string callback = f.provider.consent(authorization);
  return callback.substr(callback.find('?') + 1);
}

}  // namespace

TEST_CASE("a posted callback goes on as a navigation with the same parameters, and signs in") {
  LoginFixture f;
  const std::string answer = answer_of(f, f.to_provider(kAppUrl));
  const gateway::Reply reply = post(f, kAuth + "/callback", answer);
  CHECK(reply.status == 303);
  CHECK(field_of(reply, "Location") == kAuth + "/callback?" + answer);
  CHECK(field_of(reply, "Cache-Control") == "no-store");
  CHECK(field_of(reply, "Referrer-Policy") == "no-referrer");
  CHECK(fields_of(reply, "Set-Cookie").empty());
  const gateway::Reply finished = f.follow(f.get(field_of(reply, "Location"), "cross-site"));
  CHECK(field_of(finished, "Location") == kAppUrl);
}

TEST_CASE("K01: a posted callback signs nobody in whose browser began no sign-in") {
  LoginFixture f;
  const std::string answer = answer_of(f, f.to_provider(kAppUrl));
  f.browser.forget("auth.example.com");
  const gateway::Reply reply = post(f, kAuth + "/callback", answer);
  CHECK(f.get(field_of(reply, "Location"), "cross-site").status == 400);
}

TEST_CASE("what is no form, or longer than a request line, is refused") {
  struct Row {
    const char* why;
    std::string url;
    std::string body;
    const char* type;
  };
  const Row rows[] = {
      {"JSON", "/callback", "code=a&state=b", "application/json"},
      {"no type", "/callback", "code=a&state=b", ""},
      {"a query beside it", "/callback?state=c", "code=a&state=b", kFormType},
      {"a line end", "/callback", "code=a\r\nSet-Cookie: x", kFormType},
      {"a fragment", "/callback", "code=a#b", kFormType},
      {"an escape cut short", "/callback", "code=%4", kFormType},
      {"too long", "/callback", "code=" + std::string(6UL * 1024, 'a'), kFormType},
  };
  LoginFixture f;
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const gateway::Reply reply = post(f, kAuth + row.url, row.body, row.type);
    CHECK(reply.status == 400);
    CHECK(field_of(reply, "Location").empty());
  }
}

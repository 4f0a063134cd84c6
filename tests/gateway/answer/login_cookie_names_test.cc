// Cookies that no browser would send, under the names that sign-in uses: they are read by nobody.
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

using namespace test_support;

TEST_CASE("L11: cookies under our prefixes with names that no cookie may have change nothing") {
  LoginFixture f;
  for (const std::string kind : {"state", "return"}) {
    std::string cookies;
    for (int i = 0; i < 20; ++i) {
      cookies +=
          "__Host-gateway-" + kind + "-" + std::to_string(i) + "(\"\x80 @)=" + std::string(900, 'x') + "; ";
    }
    const std::string url = kind == "state" ? kAuth + "/start" : kAppUrl;
    OwnedRequest request("GET", url, f.clock.wall());
    request.with("Accept", "text/html").with("Cookie", cookies);
    const gateway::Reply reply =
        kind == "state" ? f.serve(request) : f.guard->admit_now(request.request())->answer;
    CHECK(reply.status == 302);
    CHECK(field_of(reply, "Set-Cookie").find('(') == std::string::npos);
  }
}

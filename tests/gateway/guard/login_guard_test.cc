// Decisions that a session keeps, and those that each request asks for anew.
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

bool is_let_in(LoginFixture& f, const std::string& method) {
  return f.visit(kAppUrl, method).admitted.has_value();
}

}  // namespace

TEST_CASE("a rule about the request is judged on each of them") {
  LoginFixture f;
  f.config.policies[0].deny.emplace_back().methods = std::vector<std::string>{"DELETE"};
  SUBCASE("in the policy itself") {}
  SUBCASE("in one that it names") {
    config::Policy inner = f.config.policies[0];
    f.config.policies.push_back(inner);
    f.config.policies[0].deny.clear();
    f.config.policies[0].allow[0] = {};
    f.config.policies[0].allow[0].policies = std::vector<std::size_t>{1};
  }
  f.build();
  f.sign_in(kAppUrl);
  CHECK(is_let_in(f, "GET"));
  CHECK_FALSE(is_let_in(f, "DELETE"));
  CHECK(is_let_in(f, "POST"));
  CHECK_FALSE(is_let_in(f, "DELETE"));
}

TEST_CASE("F02: a rule about the address is judged by the one that counts for the request") {
  LoginFixture f;
  f.config.policies[0].allow[0].networks =
      std::vector<core::Network>{core::Network::parse("192.0.2.0/24").value()};
  f.build();
  f.sign_in(kAppUrl);
  const auto request = f.browser.navigate(kAppUrl, "GET");
  gateway::Request asked = request->request();
  asked.client = core::IpAddress::v4({192, 0, 2, 7});
  CHECK(f.guard->admit_now(asked)->admitted);
  const auto alice = f.guard->admit_now(asked)->admitted->shared_identity();
  CHECK(f.guard->still_admits(asked, alice, f.clock.wall()));
  asked.client = core::IpAddress::v4({192, 0, 3, 7});
  CHECK_FALSE(f.guard->admit_now(asked)->admitted);
  CHECK_FALSE(f.guard->still_admits(asked, alice, f.clock.wall()));
}

// What is judged on a request's way allocates nothing: counted, not believed. Policies that look at the
// request are judged on each, so every kind of rule counts.
#include <cstdlib>
#include <new>

#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

thread_local std::size_t allocations = 0;

using Texts = std::vector<std::string>;

/// No rule admits before the last one has been looked at.
std::vector<config::Policy> policies_of_every_rule() {
  std::vector<config::Policy> policies(2);
  std::vector<config::Rule>& allow = policies[0].allow;
  policies[0].deny.emplace_back().emails = Texts{"somebody.else.with.a.long.name@example.com"};
  policies[0].deny.emplace_back().users = Texts{"somebody-else-with-a-long-name"};
  allow.emplace_back().emails = Texts{"somebody.else.with.a.long.name@example.com"};
  allow.emplace_back().email_domains = Texts{"a-domain-with-a-long-name.example.org"};
  allow.emplace_back().users = Texts{"somebody-else-with-a-long-name"};
  allow.emplace_back().groups = Texts{"another-group-with-a-long-name"};
  allow.emplace_back().roles = Texts{"another-role-with-a-long-name"};
  allow.emplace_back().orgs = Texts{"another-organisation-with-a-long-name"};
  allow.emplace_back().teams = Texts{"another-organisation:with-a-team"};
  allow.emplace_back().methods = Texts{"POST"};
  allow.emplace_back().networks = std::vector<core::Network>{core::Network::parse("2001:db8::/32").value()};
  allow.emplace_back().claims.push_back({{"realm.roles", {"realm", "roles"}}, {std::string("admin")}});
  allow.emplace_back().providers = Texts{"another-provider-with-a-long-name"};
  allow.emplace_back().authenticated = true;
  allow.back().methods = Texts{"DELETE"};
  allow.emplace_back().policies = std::vector<std::size_t>{1};
  policies[1].allow.emplace_back().email_domains = Texts{"example.com"};
  return policies;
}

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

TEST_CASE("every kind of rule is judged without an allocation") {
  gateway::Identity identity;
  identity.provider = "a-provider-with-a-long-name";
  identity.subject = "somebody";
  identity.email = "alice.with.a.name.that.is.long@example.com";
  identity.email_counts = true;
  identity.groups = {"a-group-with-a-name-that-is-long", "staff"};
  identity.roles = {"a-role-with-a-name-that-is-long"};
  identity.claims =
      core::Json::parse(R"({"realm":{"roles":["a","b","a-role-with-a-long-name"]}})", core::Side::us).value();
  const gateway::Policies policies(policies_of_every_rule());
  const gateway::Question question{identity, core::IpAddress::v4({192, 0, 2, 7}), "GET"};
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    if (gateway::judge(policies, 0, question) != gateway::Decision::admitted) std::abort();
  }
  CHECK(allocations == before);
}

TEST_CASE("whom an administrator let in passes without an allocation") {
  std::vector<config::Policy> configured = policies_of_every_rule();
  configured[0].approval = config::Approval{};
  configured[0].allow.pop_back();
  gateway::Identity identity;
  identity.issuer = "https://an-issuer-with-a-long-name.example.com";
  identity.subject = "a-subject-with-a-name-that-is-long";
  gateway::Approval approval = gateway::request_of(identity, configured[0].name, core::WallTime());
  approval.state = gateway::ApprovalState::approved;
  auto approvals = std::make_shared<gateway::Approvals>();
  approvals->add(0, approval);
  const auto policies = gateway::Policies(std::move(configured)).with_approvals(std::move(approvals));
  const gateway::Question question{identity, core::IpAddress::v4({192, 0, 2, 7}), "GET"};
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    if (gateway::judge(*policies, 0, question) != gateway::Decision::admitted) std::abort();
  }
  CHECK(allocations == before);
}

TEST_CASE("the guard admits by a rule about the request without an allocation") {
  test_support::LoginFixture f;
  f.config.policies[0].allow[0].networks = std::vector<core::Network>{
      core::Network::parse("0.0.0.0/0").value(), core::Network::parse("::/0").value()};
  f.build();
  f.sign_in(test_support::kAppUrl);
  const auto request = f.browser.navigate(test_support::kAppUrl, "GET");
  for (int i = 0; i < 3; ++i) REQUIRE(f.guard->admit_now(request->request())->admitted);
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    if (!f.guard->admit_now(request->request())->admitted) std::abort();
  }
  CHECK(allocations == before);
}

TEST_CASE("the guard admits a machine whose token it knows without an allocation") {
  test_support::LoginFixture f;
  f.add_client("ci", "gateway-api");
  f.config.policies[0].allow.emplace_back().clients = Texts{"ci"};
  f.build();
  const auto request = f.browser.fetch(test_support::kAppUrl);
  request->with("Authorization", "Bearer " + f.machine_token("gateway-api"));
  REQUIRE(f.judge(*request).admitted);
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    if (!f.guard->admit_now(request->request())->admitted) std::abort();
  }
  CHECK(allocations == before);
}

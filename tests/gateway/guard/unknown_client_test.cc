// Rules about addresses where nobody says whose request it is.
#include <vector>

#include "gateway/guard/policy.h"
#include "tests/support/doctest.h"

namespace gateway {
namespace {

config::Rule everybody() {
  config::Rule rule;
  rule.authenticated = true;
  return rule;
}

TEST_CASE("M04: of a client whom nobody names no rule about addresses admits, and each of deny denies") {
  config::Rule anywhere = everybody();
  anywhere.networks = std::vector<core::Network>{core::Network::parse("0.0.0.0/0").value()};
  config::Policy allowing;
  allowing.allow.push_back(anywhere);
  config::Policy denying;
  denying.deny.push_back(anywhere);
  denying.allow.push_back(everybody());
  config::Policy plain;
  plain.allow.push_back(everybody());
  const Policies policies({allowing, denying, plain});
  Identity identity;
  identity.subject = "a";
  Request request;
  request.method = "GET";
  request.client = core::IpAddress::parse("192.0.2.7").value();
  CHECK(judge(policies, 0, question_of(identity, request)) == Decision::admitted);
  CHECK(judge(policies, 1, question_of(identity, request)) == Decision::denied);
  request.client_is_known = false;
  CHECK(judge(policies, 0, question_of(identity, request)) == Decision::denied);
  CHECK(judge(policies, 1, question_of(identity, request)) == Decision::denied);
  CHECK(judge(policies, 2, question_of(identity, request)) == Decision::admitted);
}

}  // namespace
}  // namespace gateway

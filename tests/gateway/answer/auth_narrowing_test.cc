// What a question at PREFIX/auth takes away from the policy's answer.
#include "gateway/answer/auth_narrowing.h"

#include <doctest/doctest.h>

#include <string_view>

namespace gateway {
namespace {

Identity alice() {
  Identity identity;
  identity.email = "Alice@Example.com";
  identity.email_counts = true;
  identity.groups = {"staff", "ops"};
  return identity;
}

bool admits(std::string_view query, const Identity& identity = alice()) {
  const core::Result<AuthNarrowing> narrowing = AuthNarrowing::read(query);
  REQUIRE(narrowing);
  REQUIRE(narrowing->asks());
  return narrowing->admits(identity);
}

TEST_CASE("groups, e-mails and domains of a question narrow, and each kind must fit") {
  CHECK(admits("?allowed_groups=other,staff"));
  CHECK_FALSE(admits("?allowed_groups=Staff"));
  CHECK_FALSE(admits("?allowed_groups=staf"));
  CHECK(admits("?allowed_emails=x@example.com,alice@EXAMPLE.com"));
  CHECK_FALSE(admits("?allowed_emails=lice@example.com"));
  CHECK(admits("?allowed_email_domains=example.com"));
  CHECK_FALSE(admits("?allowed_email_domains=ample.com"));
  CHECK_FALSE(admits("?allowed_email_domains=.example.com"));
  CHECK(admits("?allowed_groups=staff&allowed_email_domains=example.com&rd=/x"));
  CHECK_FALSE(admits("?allowed_groups=staff&allowed_email_domains=other.com"));
  CHECK_FALSE(admits("?allowed_groups=other&allowed_email_domains=example.com"));
  CHECK(admits("?allowed%5Fgroups=staff"));
}

TEST_CASE("a domain with a dot before it stands for those below it") {
  Identity below = alice();
  below.email = "a@mail.example.com";
  for (const std::string_view query :
       {"?allowed_email_domains=.example.com", "?allowed_email_domains=*.example.com"})
    CHECK(admits(query, below));
  CHECK_FALSE(admits("?allowed_email_domains=example.com", below));
  below.email = "a@badexample.com";
  CHECK_FALSE(admits("?allowed_email_domains=.example.com", below));
}

TEST_CASE("an e-mail that does not count fits no question") {
  Identity unsure = alice();
  unsure.email_counts = false;
  CHECK_FALSE(admits("?allowed_emails=alice@example.com", unsure));
  CHECK_FALSE(admits("?allowed_email_domains=example.com", unsure));
  CHECK(admits("?allowed_groups=staff", unsure));
  CHECK_FALSE(admits("?allowed_groups=staff", Identity()));
}

TEST_CASE("a bound that was meant is never lost") {
  for (const std::string_view query :
       {"?allowed_groups=", "?allowed_groups", "?allowed_groups=,", "?allowed_groups=a&allowed_groups=b",
        "?allowed_groups[]=a&allowed_groups=b", "?allowed_group=staff", "?allowed_groups=%zz",
        "?allowed_groups=a;b=c", "?allowed%5Fgroups="}) {
    CAPTURE(query);
    CHECK_FALSE(AuthNarrowing::read(query));
  }
  for (const std::string_view query : {"", "?", "?rd=/x", "?rd=%2Fx", "?x=allowed_groups"}) {
    CAPTURE(query);
    const core::Result<AuthNarrowing> narrowing = AuthNarrowing::read(query);
    REQUIRE(narrowing);
    CHECK_FALSE(narrowing->asks());
  }
}

}  // namespace
}  // namespace gateway

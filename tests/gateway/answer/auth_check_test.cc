// What another proxy asks about, from the fields of its question.
#include "gateway/answer/auth_check.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace gateway {
namespace {

using Sent = std::vector<std::pair<std::string, std::string>>;

core::Result<MeantRequest> read(const Sent& sent, std::string_view below = {}) {
  core::Fields fields;
  for (const auto& [name, value] : sent) fields.add(name, value);
  Request asking;
  asking.method = "PUT";
  asking.host = "a.test";
  asking.query = "?q";
  asking.fields = &fields;
  return read_meant_request(asking, below);
}

TEST_CASE("each proxy says in its own way which request is meant") {
  const auto original =
      read({{"X-Original-URL", "https://A.test:8443/x/%7E?y=1#z"}, {"x-original-method", "GET"}});
  REQUIRE(original);
  CHECK(original->method == "GET");
  CHECK(original->host == "a.test");
  CHECK(original->target == "/x/%7E?y=1");
  const auto forwarded = read({{"X-Forwarded-Host", "b.test:444"},
                               {"X-Forwarded-Uri", "/p?q"},
                               {"X-Forwarded-Method", "POST"},
                               {"X-Forwarded-Proto", "https"}});
  REQUIRE(forwarded);
  CHECK(forwarded->method == "POST");
  CHECK(forwarded->host == "b.test");
  CHECK(forwarded->target == "/p?q");
  const auto below = read({{"X-Forwarded-Host", "other.test"}}, "/under/it");
  REQUIRE(below);
  CHECK(below->method == "PUT");
  CHECK(below->host == "a.test");
  CHECK(below->target == "/under/it?q");
}

TEST_CASE("E11 G12: a question that a client could have had a hand in, or that says nothing, is refused") {
  const std::pair<std::string, std::string> url{"X-Original-URL", "https://a.test/"};
  const std::pair<std::string, std::string> method{"X-Original-Method", "GET"};
  const std::pair<std::string, std::string> host{"X-Forwarded-Host", "a.test"};
  const std::pair<std::string, std::string> target{"X-Forwarded-Uri", "/"};
  const std::pair<std::string, std::string> verb{"X-Forwarded-Method", "GET"};
  for (const Sent& sent : std::vector<Sent>{{},
                                            {url},
                                            {method},
                                            {host},
                                            {url, url, method},
                                            {url, method, method},
                                            {url, method, target},
                                            {url, method, verb},
                                            {host, target, verb, url},
                                            {host, host, target, verb},
                                            {host, target},
                                            {target, verb},
                                            {host, verb},
                                            {{"X-Original-URL", "/relative"}, method},
                                            {{"X-Original-URL", "https://u@a.test/"}, method},
                                            {{"X-Forwarded-Host", "a.test, b.test"}, target, verb}}) {
    CAPTURE(sent.size());
    CHECK_FALSE(read(sent));
  }
  CHECK_FALSE(read({url, method}, "/below"));
  CHECK_FALSE(read({host, target, verb}, "/below"));
}

TEST_CASE("the question is at PREFIX/auth and below it") {
  CHECK(AuthCheck::is_asked("/oauth2/auth", "/oauth2"));
  CHECK(AuthCheck::is_asked("/oauth2/auth/x", "/oauth2"));
  CHECK_FALSE(AuthCheck::is_asked("/oauth2/author", "/oauth2"));
  CHECK_FALSE(AuthCheck::is_asked("/auth", "/oauth2"));
}

}  // namespace
}  // namespace gateway

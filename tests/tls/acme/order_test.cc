#include "tls/acme/order.h"

#include <vector>

#include "core/crypto/jwk.h"
#include "tests/tls/acme/support/acme_fixture.h"
#include "tls/certificate.h"
#include "tls/self_signed.h"

#include "tests/support/doctest.h"

using namespace test_support;
using core::Json;
using namespace std::chrono_literals;

namespace {

tls::OrderRequest request_for(std::vector<std::string> names) {
  tls::OrderRequest request;
  request.names = std::move(names);
  return request;
}

core::FetchResponse plain_answer(int status, std::string body) {
  core::FetchResponse out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

}  // namespace

TEST_CASE("a name is ordered, proved and issued, and nothing is asked twice") {
  AcmeFixture bed;
  const auto issued = bed.order("app.test");
  REQUIRE_MESSAGE(issued, issued.error().text);
  CHECK(bed.authority.violations.empty());
  CHECK(bed.authority.requests == std::vector<std::string>{"GET dir", "HEAD new-nonce", "POST new-account",
                                                           "POST new-order", "POST authz", "POST challenge",
                                                           "POST authz", "POST finalize",
                                                           "POST certificate"});
  tls::CertificateText text{issued->chain, issued->key, "issued"};
  const auto certificate = tls::Certificate::parse(text);
  REQUIRE(certificate);
  CHECK((*certificate)->covers("app.test"));
}

TEST_CASE("a wildcard and its base are two proofs of one order, each found by its value") {
  AcmeFixture bed;
  bed.authority.challenges = {"dns-01", "http-01"};
  bed.authority.keeps_authorizations = true;
  const auto issued = bed.order(request_for({"*.app.test", "app.test"}));
  REQUIRE_MESSAGE(issued, issued.error().text);
}

TEST_CASE("every order has a key of its own, none is the account's") {
  AcmeFixture bed;
  const auto first = bed.order("app.test");
  bed.journal.record.reset();
  const auto second = bed.order("app.test");
  REQUIRE((first && second));
  CHECK(first->key.reveal() != second->key.reveal());
}

TEST_CASE("bad nonces are retried with the nonce of the refusal, ten times at most") {
  AcmeFixture bed;
  bed.authority.reject_nonces = 6;
  CHECK(bed.order("app.test"));
  CHECK(bed.authority.count("HEAD new-nonce") == 1);
  AcmeFixture stubborn;
  stubborn.authority.reject_nonces = 1000;
  const auto refused = stubborn.order("app.test");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.find("badNonce") != std::string::npos);
  CHECK(stubborn.authority.count("POST new-account") == tls::kMaxNonceTries);
}

TEST_CASE("what is valid already is not proved again") {
  AcmeFixture bed;
  bed.authority.keeps_authorizations = true;
  CHECK(bed.order("app.test"));
  CHECK(bed.authority.count("POST challenge") == 0);
  CHECK(bed.authority.count("POST authz") == 0);
}

TEST_CASE("an order may be processing for ten minutes") {
  AcmeFixture bed;
  bed.authority.processing_polls = 200;
  const auto before = bed.clock.steady();
  const auto issued = bed.order("app.test");
  REQUIRE_MESSAGE(issued, issued.error().text);
  CHECK(bed.clock.steady() - before > 5min);
  CHECK(bed.authority.issued == 1);
}

TEST_CASE("an order that is never finished is left after a quarter of an hour, and gone on with") {
  AcmeFixture bed;
  bed.authority.processing_polls = 1'000'000;
  const auto left = bed.order("app.test");
  REQUIRE_FALSE(left);
  CHECK(left.error().kind == core::ErrorKind::timed_out);
  CHECK(bed.journal.record.has_value());
  for (auto& [id, order] : bed.authority.orders) order.polls_left = 1;
  CHECK(bed.order("app.test"));
  CHECK(bed.authority.count("POST new-order") == 1);
  CHECK(bed.authority.issued == 1);
}

TEST_CASE("a process may die at every step, or lose every answer: one order, one certificate") {
  for (const bool lose_request : {false, true}) {
    int steps = 0;
    for (int step = 0; step < 40; ++step) {
      AcmeFixture bed;
      bed.authority.processing_polls = 2;
      bed.authority.break_at = step;
      bed.authority.lose_request = lose_request;
      auto issued = bed.order("app.test");
      if (!issued) {
        // What was under way is in storage and in the journal: the next process has nothing else.
        bed.authority.break_at = -1;
        issued = bed.order("app.test");
      }
      CAPTURE(step);
      REQUIRE_MESSAGE(issued, issued.error().text);
      CHECK(bed.authority.issued == 1);
      CHECK(bed.authority.accounts.size() == 1);
      CHECK(bed.authority.violations.empty());
      // An answer to newOrder that is lost leaves an order nobody knows; it is never finalized.
      CHECK(bed.authority.orders.size() <= 2);
      tls::CertificateText text{issued->chain, issued->key, "issued"};
      CHECK(tls::Certificate::parse(text).has_value());
      if (static_cast<int>(bed.authority.requests.size()) <= step) break;
      steps = step;
    }
    CHECK(steps >= 10);
  }
}

TEST_CASE("URLs that lead elsewhere are refused wherever they stand") {
  for (const char* bad :
       {"http://ca.test/x", "https://elsewhere.test/x", "https://169.254.169.254/x", "https://user@ca.test/x",
        "https://ca.test.evil.test/x", "file:///etc/passwd", "//ca.test/x"}) {
    CAPTURE(bad);
    {
      AcmeFixture bed;
      bed.authority.directory_more.set("newOrder", Json(bad));
      CHECK_FALSE(bed.order("app.test"));
      CHECK(bed.authority.strays == 0);
    }
    for (const char* what : {"new-order", "finalize", "authz", "new-account"}) {
      CAPTURE(what);
      AcmeFixture bed;
      bed.authority.edit = [&](const std::string& resource, core::FetchResponse& answer) {
        if (resource != what) return;
        for (auto& [name, value] : answer.fields) {
          if (name == "Location") value = bad;
        }
        auto json = Json::parse(answer.body, core::Side::client);
        for (const char* member : {"finalize", "certificate"}) {
          if (json->find(member) != nullptr) json->set(member, Json(bad));
        }
        if (json->find("challenges") != nullptr) {
          Json challenge = json->find("challenges")->elements().front();
          challenge.set("url", Json(bad));
          json->set("challenges", Json::array(std::vector<Json>{challenge}));
        }
        answer.body = json->text();
      };
      CHECK_FALSE(bed.order("app.test"));
      CHECK(bed.authority.issued <= 1);
      CHECK(bed.authority.strays == 0);
    }
  }
}

TEST_CASE("redirects are not followed") {
  AcmeFixture bed;
  bed.authority.instead = [&](const std::string& what, const Json&) -> std::optional<core::FetchResponse> {
    if (what != "new-order") return std::nullopt;
    core::FetchResponse out = plain_answer(302, "");
    out.fields.emplace_back("Location", "https://ca.test/other");
    return out;
  };
  const auto refused = bed.order("app.test");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.find("redirect") != std::string::npos);
}

TEST_CASE("a token that is no token is never served, written or answered") {
  for (const std::string& token :
       {std::string("../../x"), std::string("abcdefghijklmnopqrstuv/w"),
        std::string("abcdefghijklmnopqrs tuvw"), std::string("<script>abcdefghijklmnopqrst"),
        std::string(10240, 'a'), std::string("short"), std::string(), std::string("abcdefghijklmnopqrstuv\n"),
        std::string("abcdefghijklmnopqrstuv\xc3\xbc")}) {
    CAPTURE(token);
    AcmeFixture bed;
    bed.authority.token = token;
    const auto refused = bed.order("app.test");
    REQUIRE_FALSE(refused);
    CHECK(bed.authority.count("POST challenge") == 0);
  }
}

TEST_CASE("what was not ordered is not proved, whatever the authority says") {
  AcmeFixture bed;
  bed.authority.instead = [](const std::string& what, const Json&) -> std::optional<core::FetchResponse> {
    if (what != "authz") return std::nullopt;
    core::FetchResponse answer;
    answer.status = 200;
    answer.body = R"({"status":"pending","identifier":{"type":"dns","value":"other.test"},"challenges":[)"
                  R"({"type":"http-01","url":"https://ca.test/c","token":"abcdefghijklmnopqrstuvwx"}]})";
    return answer;
  };
  const auto refused = bed.order("app.test");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.find("not ordered") != std::string::npos);
  CHECK(bed.authority.count("POST challenge") == 0);
}

TEST_CASE("a refusal names every name that was refused, and ends the order") {
  AcmeFixture bed;
  bed.authority.instead = [](const std::string& what, const Json&) -> std::optional<core::FetchResponse> {
    if (what != "new-order") return std::nullopt;
    auto answer = plain_answer(403, R"({"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"no",
      "subproblems":[{"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"forbidden name",
                      "identifier":{"type":"dns","value":"a.test"}}]})");
    return answer;
  };
  const auto refused = bed.order(request_for({"a.test", "b.test"}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.find("a.test: rejectedIdentifier: forbidden name") != std::string::npos);
  CHECK(bed.last_problem.has_value());
  CHECK_FALSE(bed.journal.record.has_value());
}

TEST_CASE("a challenge that failed says what the authority saw, and the next order is another") {
  AcmeFixture bed;
  bed.authority.validates = false;
  const auto refused = bed.order("app.test");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.find("app.test by http-01: nobody answers") != std::string::npos);
  CHECK_FALSE(bed.journal.record.has_value());
  bed.authority.validates = true;
  CHECK(bed.order("app.test"));
  CHECK(bed.authority.orders.size() == 2);
}

TEST_CASE("answers that no authority gives are errors and never crashes") {
  const std::vector<std::string> bodies{"",
                                        "<html>503</html>",
                                        "null",
                                        "[]",
                                        "{}",
                                        "{\"status\":7}",
                                        "{\"status\":\"valid\"}",
                                        "{\"status\":\"ready\",\"finalize\":[]}",
                                        std::string(300 * 1024, ' ')};
  for (const char* what :
       {"dir", "new-order", "authz", "challenge", "finalize", "certificate", "new-account"}) {
    for (const std::string& body : bodies) {
      for (const int status : {200, 503}) {
        AcmeFixture bed;
        bed.authority.instead = [&](const std::string& resource,
                                    const Json&) -> std::optional<core::FetchResponse> {
          if (resource != what) return std::nullopt;
          return plain_answer(status, body);
        };
        CAPTURE(what);
        CAPTURE(status);
        const auto issued = bed.order("app.test");
        // The answer to a challenge says nothing that matters; what counts is the authorization.
        CHECK(issued.has_value() ==
              (std::string(what) == "challenge" && status == 200 && body.size() < 1000 &&
               bed.authority.count("POST challenge") == 1 && bed.authority.issued == 1));
      }
    }
  }
}

TEST_CASE("a certificate whose URL is not there yet is asked for again") {
  AcmeFixture bed;
  int misses = 1;
  bed.authority.instead = [&](const std::string& what, const Json&) -> std::optional<core::FetchResponse> {
    if (what != "certificate" || misses-- <= 0) return std::nullopt;
    return problem(404, "malformed");
  };
  CHECK(bed.order("app.test"));
}

TEST_CASE("what was issued is checked before it is used") {
  SUBCASE("a chain with another key's certificate first") {
    AcmeFixture bed;
    bed.authority.edit_chain = [](std::string& chain) {
      chain = chain.substr(chain.find("-----BEGIN", 10));  // the root alone
    };
    CHECK_FALSE(bed.order("app.test"));
    CHECK_FALSE(bed.journal.record.has_value());
  }
  SUBCASE("an expired certificate") {
    AcmeFixture bed;
    bed.authority.lifetime = -1h;
    const auto refused = bed.order("app.test");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text.find("expired") != std::string::npos);
  }
  SUBCASE("no certificate at all") {
    AcmeFixture bed;
    bed.authority.edit_chain = [](std::string& chain) { chain = "-----BEGIN CERTIFICATE-----\nAAAA\n"; };
    CHECK_FALSE(bed.order("app.test"));
  }
}

TEST_CASE("a profile is asked for only if the authority has it") {
  AcmeFixture bed;
  tls::OrderRequest request = request_for({"app.test"});
  request.profile = "shortlived";
  const auto refused = bed.order(request);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.find("no profile shortlived") != std::string::npos);
  CHECK(bed.authority.count("POST new-order") == 0);
  AcmeFixture other;
  Json profiles = Json::object();
  profiles.set("shortlived", Json("six days"));
  Json meta = Json::object();
  meta.set("profiles", std::move(profiles));
  other.authority.directory_more.set("meta", std::move(meta));
  REQUIRE(other.order(request));
  CHECK(other.authority.orders.begin()->second.asked.string_at("profile") == "shortlived");
}

TEST_CASE("what a certificate replaces is said, and left out where the authority has it replaced already") {
  AcmeFixture bed;
  bed.authority.directory_more.set("renewalInfo", Json(bed.authority.url("renewal-info")));
  tls::OrderRequest request = request_for({"app.test"});
  request.replaces = "a.b";
  int conflicts = 0;
  bed.authority.instead = [&](const std::string& what,
                              const Json& payload) -> std::optional<core::FetchResponse> {
    if (what != "new-order" || payload.find("replaces") == nullptr) return std::nullopt;
    ++conflicts;
    return problem(409, "alreadyReplaced");
  };
  CHECK(bed.order(request));
  CHECK(conflicts == 1);
}

TEST_CASE("an order that is not ready when it is finalized is finalized once it is") {
  AcmeFixture bed;
  int refusals = 1;
  bed.authority.instead = [&](const std::string& what, const Json&) -> std::optional<core::FetchResponse> {
    if (what != "finalize" || refusals-- <= 0) return std::nullopt;
    return problem(403, "orderNotReady");
  };
  const auto issued = bed.order("app.test");
  REQUIRE_MESSAGE(issued, issued.error().text);
  CHECK(bed.authority.count("POST finalize") == 2);
}

TEST_CASE("of several chains the one from the preferred issuer is taken, else the first") {
  AcmeFixture other;
  tls::AuthorityRequest root;
  root.common_name = "Other Root";
  root.validity = {other.clock.wall() - 1h, other.clock.wall() + 24h * 3000};
  const std::string issuer = (*tls::PrivateAuthority::make(root))->certificate();
  int chains = 0;
  other.authority.edit = [&](const std::string& what, core::FetchResponse& answer) {
    if (what != "certificate") return;
    const std::string itself = other.authority.url("certificate/" + other.authority.orders.begin()->first);
    answer.fields.emplace_back("Link", "<" + itself + ">;rel=\"alternate\"");
    // The second chain that is fetched ends elsewhere.
    if (++chains == 2) answer.body = answer.body.substr(0, answer.body.find("-----BEGIN", 10)) + issuer;
  };
  tls::OrderRequest wish = request_for({"app.test"});
  wish.preferred_issuer = "Other Root";
  const auto chosen = other.order(wish);
  REQUIRE_MESSAGE(chosen, chosen.error().text);
  CHECK(chosen->chain.ends_with(issuer));
  CHECK_FALSE(other.lines.mention("no chain from the preferred issuer"));
  AcmeFixture bed;
  tls::OrderRequest request = request_for({"app.test"});
  request.preferred_issuer = "Nobody";
  bed.authority.edit = [](const std::string& what, core::FetchResponse& answer) {
    if (what != "certificate") return;
    answer.fields.emplace_back("Link", "<https://ca.test/certificate/none>;rel=\"alternate\"");
    answer.fields.emplace_back("Link", "<https://evil.test/chain>;rel=\"alternate\"");
  };
  const auto issued = bed.order(request);
  REQUIRE_MESSAGE(issued, issued.error().text);
  CHECK(bed.lines.mention("no chain from the preferred issuer"));
}

// L19: what of a form sent without a session comes back to the browser, and whose.
#include "gateway/guard/kept_form.h"

#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using gateway::may_keep_form;
using gateway::read_kept_form;

const std::string kUrlencoded = "application/x-www-form-urlencoded";

bool keeps(const std::string& method, const std::string& site, const std::string& type,
           const std::vector<std::pair<std::string, std::string>>& more = {}) {
  OwnedRequest request(method, kAppUrl, core::from_unix_seconds(kNoon));
  request.as_navigation(site);
  if (!type.empty()) request.with("Content-Type", type);
  for (const auto& [name, value] : more) request.with(name, value);
  return may_keep_form(request.request());
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("L19: only a short urlencoded form of a page of the same origin is kept") {
  CHECK(keeps("POST", "same-origin", kUrlencoded));
  CHECK(keeps("POST", "same-origin", "Application/X-www-form-urlencoded ; charset=UTF-8"));
  CHECK(keeps("POST", "same-origin", kUrlencoded, {{"Content-Length", "65536"}}));
  struct Row {
    std::string why;
    bool is_kept;
  };
  for (const Row& row : {
           Row{"another method", keeps("PUT", "same-origin", kUrlencoded)},
           Row{"a page of another origin", keeps("POST", "cross-site", kUrlencoded)},
           Row{"a page of a sibling host", keeps("POST", "same-site", kUrlencoded)},
           Row{"nobody knows whose page", keeps("POST", "none", kUrlencoded)},
           Row{"two sites", keeps("POST", "same-origin", kUrlencoded, {{"Sec-Fetch-Site", "same-origin"}})},
           Row{"a file", keeps("POST", "same-origin", "multipart/form-data; boundary=x")},
           Row{"no type", keeps("POST", "same-origin", "")},
           Row{"a longer type", keeps("POST", "same-origin", kUrlencoded + "+x")},
           Row{"two types", keeps("POST", "same-origin", kUrlencoded, {{"Content-Type", kUrlencoded}})},
           Row{"coded", keeps("POST", "same-origin", kUrlencoded, {{"Content-Encoding", "gzip"}})},
           Row{"too long", keeps("POST", "same-origin", kUrlencoded, {{"Content-Length", "65537"}})},
           Row{"a script", keeps("POST", "same-origin", kUrlencoded, {{"X-Requested-With", "x"}})},
       }) {
    CAPTURE(row.why);
    CHECK_FALSE(row.is_kept);
  }
}

TEST_CASE("L19: fields are kept in their order, or none of them") {
  const auto kept = read_kept_form("b=1&a=%C3%BC+%22&b=2&text=x%0D%0Ay&empty=");
  REQUIRE(kept.has_value());
  CHECK(*kept == gateway::KeptForm{{"b", "1"}, {"a", "ü \""}, {"b", "2"}, {"text", "x\r\ny"}, {"empty", ""}});
  std::string many = "a=";
  for (std::size_t i = 1; i < gateway::kMaxKeptFields; ++i) many += "&a=";
  CHECK(read_kept_form(many).has_value());
  for (const std::string& body :
       {std::string(), many + "&a=", std::string("a=%00"), std::string("a=%FF"), std::string("a=%"),
        std::string("a=b c"), "a=" + std::string(gateway::kMaxKeptForm, 'x')}) {
    CAPTURE(body.substr(0, 20));
    CHECK_FALSE(read_kept_form(body).has_value());
  }
}

TEST_CASE("L19: a form without a session comes back in a page that nobody else could fill") {
  LoginFixture f;
  const auto refused = [&f](const std::string& site, const std::string& body) {
    OwnedRequest request("POST", kAppUrl, f.clock.wall());
    request.as_navigation(site).with("Content-Type", kUrlencoded);
    request.with("Referer", "https://app.example.com/form");
    gateway::Verdict verdict = f.guard->admit_now(request.request()).value();
    CHECK_FALSE(verdict.admitted.has_value());
    if (!verdict.answer_with_body) return verdict.answer;
    return verdict.answer_with_body(request.request(), body);
  };
  const gateway::Reply kept = refused("same-origin", "a=%22%3E%3Cscript%3E&b=x%0D%0Ay");
  CHECK(kept.status == 401);
  CHECK(holds(kept.body, "name=\"a\" value=\"&quot;&gt;&lt;script&gt;\""));
  CHECK(holds(kept.body, "name=\"b\" value=\"x&#13;&#10;y\""));
  CHECK(holds(kept.body, "action=\"/deep/link?x=1&amp;y=%2F\""));
  CHECK(holds(kept.body, "target=\"_blank\" rel=\"noopener\""));
  CHECK(holds(kept.body, "rd=https%3A%2F%2Fapp.example.com%2Fform"));
  CHECK(field_of(kept, "Referrer-Policy") == "same-origin");
  CHECK(field_of(kept, "Cache-Control") == "no-store");
  CHECK(
      holds(field_of(kept, "Content-Security-Policy"), "form-action 'self' https:; frame-ancestors 'none'"));
  CHECK(kept.reason == "no session cookie");
  for (const gateway::Reply& plain : {refused("cross-site", "a=b"), refused("same-origin", "a=%FF")}) {
    CHECK(plain.status == 401);
    CHECK_FALSE(holds(plain.body, "<input"));
    CHECK(field_of(plain, "Referrer-Policy") == "no-referrer");
  }
}

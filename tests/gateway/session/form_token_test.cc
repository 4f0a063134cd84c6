// Tokens in our own forms: for one session, host and action, from a page of our own, for twelve hours.
#include "gateway/session/form_token.h"

#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

const std::string kPage = "https://auth.example.com/oauth2/approvals";

struct Fixture : SessionsFixture {
  core::Loop loop{clock};
  KeptLog sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  gateway::Audit audit{log};
  gateway::RateTable rates;
  gateway::StrangerAudit strangers{audit, {rates, {1, 2}}, loop};
  gateway::FormTokens tokens{keys, random, strangers};
  gateway::Identity alice = identity("alice");
  std::string token;

  Fixture() {
    const OwnedRequest shown("GET", kPage, clock.wall());
    token = tokens.make(shown.request(), alice, "decide", "about carol");
  }
  std::unique_ptr<OwnedRequest> post(const std::string& site, const std::string& url = kPage) const {
    auto request = std::make_unique<OwnedRequest>("POST", url, clock.wall());
    if (!site.empty()) request->with("Sec-Fetch-Site", site);
    return request;
  }
  bool counts(const OwnedRequest& request) {
    return tokens.take(request.request(), alice, "decide", token).has_value();
  }
};

}  // namespace

TEST_CASE("a token says what it is about to the session it is for") {
  Fixture f;
  const auto own = f.post("same-origin");
  CHECK(f.tokens.take(own->request(), f.alice, "decide", f.token).value() == "about carol");
  CHECK_FALSE(f.tokens.take(own->request(), f.alice, "ask", f.token));
  gateway::Identity later = f.alice;
  later.session_id = "a later session of alice";
  CHECK_FALSE(f.tokens.take(own->request(), later, "decide", f.token));
  CHECK_FALSE(f.tokens.take(own->request(), f.alice, "decide", f.token + "A"));
  CHECK_FALSE(f.tokens.take(own->request(), f.alice, "decide", ""));
  CHECK_FALSE(f.counts(*f.post("same-origin", "https://app.example.com/oauth2/approvals")));
  f.clock.advance(gateway::kFormTokenLifetime);
  CHECK_FALSE(f.counts(*f.post("same-origin")));
}

TEST_CASE("one that does not count stands in the audit, with whose session it came and why, and without it") {
  Fixture f;
  CHECK(f.counts(*f.post("same-origin")));
  CHECK(f.sink.text.empty());
  CHECK_FALSE(f.counts(*f.post("cross-site")));
  CHECK(f.sink.text.find(R"("act":"request_refused")") != std::string::npos);
  CHECK(f.sink.text.find(R"("user":"alice")") != std::string::npos);
  CHECK(f.sink.text.find("a form of another origin") != std::string::npos);
  f.sink.text.clear();
  const auto own = f.post("same-origin");
  CHECK_FALSE(f.tokens.take(own->request(), f.alice, "ask", f.token));
  CHECK(f.sink.text.find("no token of a form") != std::string::npos);
  CHECK(f.sink.text.find(f.token) == std::string::npos);
  f.sink.text.clear();
  const core::Result<core::Form> empty = core::Form::parse("");
  CHECK_FALSE(f.tokens.take(own->request(), f.alice, "decide", empty->required("form")));
  CHECK(f.sink.text.find("no token of a form") != std::string::npos);
}

TEST_CASE("P03: a form counts that a page of the very origin sent") {
  Fixture f;
  struct Row {
    const char* site;
    const char* origin;
    const char* mode;
    bool counts;
  };
  const Row rows[] = {
      {"same-origin", "", "", true},
      {"same-origin", "", "navigate", true},
      {"same-origin", "", "cors", false},
      {"same-origin", "", "no-cors", false},
      {"same-site", "", "navigate", false},
      {"cross-site", "", "navigate", false},
      {"none", "", "navigate", false},
      {"cross-site", "https://auth.example.com", "navigate", false},
      {"", "https://auth.example.com", "", true},
      {"", "http://auth.example.com", "", false},
      {"", "https://app.example.com", "", false},
      {"", "null", "", false},
      {"", "", "", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.site);
    CAPTURE(row.origin);
    CAPTURE(row.mode);
    const auto request = f.post(row.site);
    if (*row.origin != '\0') request->with("Origin", row.origin);
    if (*row.mode != '\0') request->with("Sec-Fetch-Mode", row.mode);
    CHECK(f.counts(*request) == row.counts);
  }
  OwnedRequest got("GET", kPage, f.clock.wall());
  got.with("Sec-Fetch-Site", "same-origin");
  CHECK_FALSE(f.counts(got));
}

// Sessions of GitHub asked about again: with the access token, or the refresh token of an app whose tokens
// expire.
#include "core/text/form.h"
#include "gateway/oidc/github_provider.h"
#include "tests/gateway/support/github_fixture.h"
#include "tests/support/doctest.h"

namespace {

using test_support::GithubFixture;
using test_support::json;
using test_support::kApi;
using test_support::kTeams;
using test_support::kToken;

const std::string kUser = kApi + "/user";

/// Somebody who has signed in and is asked about again.
struct Fixture : GithubFixture {
  gateway::SignedIn before;

  void sign_in_first() {
    core::Result<gateway::SignedIn> signed_in = sign_in_whole();
    REQUIRE(signed_in);
    before = std::move(*signed_in);
    before.identity.session_id = "the-session";
    github.requests.clear();
  }
  core::Result<gateway::SignedIn> ask_again() {
    gateway::GithubProvider provider({settings, github, kept});
    gateway::RefreshGrant grant{before.tokens.refresh_token, before.identity, {}};
    core::Flow<gateway::SignedIn> flow = provider.refresh(std::move(grant));
    flow.start();
    REQUIRE(flow.has_ended());
    return std::move(flow.result());
  }
};

}  // namespace

TEST_CASE("K27: a session of GitHub is asked about again with the token it began with") {
  Fixture f;
  f.sign_in_first();
  f.github.answers[kTeams] = json("[]");
  const core::Result<gateway::SignedIn> again = f.ask_again();
  REQUIRE(again);
  CHECK_FALSE(again->unchecked);
  CHECK(again->identity.groups == std::vector<std::string>{"Example"});
  CHECK(again->identity.session_id == "the-session");
  CHECK(again->tokens.refresh_token.reveal() == f.before.tokens.refresh_token.reveal());
  CHECK_FALSE(f.github.was_asked(kToken));
}

TEST_CASE("K27: a person whose token GitHub takes no more, or who is another one, is vouched for no longer") {
  Fixture f;
  f.sign_in_first();
  for (const int status : {401, 403, 404}) {
    f.github.answers[kUser] = json(R"({"message":"Bad credentials"})", status);
    const core::Result<gateway::SignedIn> again = f.ask_again();
    REQUIRE_FALSE(again);
    CHECK(gateway::is_final(again.error()));
  }
  f.github.answers[kUser] = json(R"({"login":"Octo-Cat","id":7})");
  const core::Result<gateway::SignedIn> another = f.ask_again();
  REQUIRE_FALSE(another);
  CHECK(gateway::is_final(another.error()));
}

TEST_CASE("a limit of GitHub, and a list that it refuses, say nothing about the person") {
  Fixture f;
  f.sign_in_first();
  for (const auto& [url, status] : {std::pair{kUser, 429}, {kUser, 502}, {kTeams, 429}, {kTeams, 403}}) {
    CAPTURE(url);
    Fixture g;
    g.sign_in_first();
    g.github.answers[url] = json("{}", status);
    const core::Result<gateway::SignedIn> again = g.ask_again();
    REQUIRE(again);
    REQUIRE(again->unchecked);
    CHECK(again->identity.groups == g.before.identity.groups);
  }
}

TEST_CASE("an app whose tokens expire is asked with the refresh token, and the next one is kept") {
  Fixture f;
  f.github.answers[kToken] =
      json(R"({"access_token":"ghu_1","refresh_token":"ghr_1","scope":"","token_type":"bearer"})");
  f.sign_in_first();
  f.github.answers[kToken] =
      json(R"({"access_token":"ghu_2","refresh_token":"ghr_2","scope":"","token_type":"bearer"})");
  f.github.answers[kUser] = json("{}", 502);
  const core::Result<gateway::SignedIn> again = f.ask_again();
  REQUIRE(again);
  const core::Form form = core::Form::parse(f.github.requests[0].body).value();
  CHECK(form.required("grant_type") == "refresh_token");
  CHECK(form.required("refresh_token") == "ghr_1");
  CHECK(form.required("client_secret") == "s3cret");
  // The first one is used up, so that the second must not be lost with what GitHub could not say.
  CHECK(again->unchecked);
  CHECK(gateway::parse_kept(again->tokens.refresh_token)->refresh_token.reveal() == "ghr_2");
  f.github.answers[kToken] = json(R"({"error":"bad_refresh_token"})");
  const core::Result<gateway::SignedIn> refused = f.ask_again();
  REQUIRE_FALSE(refused);
  CHECK(gateway::is_final(refused.error()));
}

TEST_CASE("what a session keeps of GitHub's token is read back as it was, and nothing else is") {
  gateway::GithubToken token{core::Secret("gho_x"), {"read:user", "user:email"}, {}};
  const core::Result<gateway::GithubToken> back = gateway::parse_kept(gateway::kept_of(token));
  REQUIRE(back);
  CHECK(back->token.reveal() == "gho_x");
  CHECK(back->scopes == token.scopes);
  token.scopes.clear();
  CHECK(gateway::parse_kept(gateway::kept_of(token))->token.reveal() == "gho_x");
  CHECK(gateway::parse_kept(gateway::kept_of(token))->scopes.empty());
  for (const char* text : {"", "access", "access ", "access a,b", "gho_x", "Access a gho_x"}) {
    CAPTURE(text);
    CHECK_FALSE(gateway::parse_kept(core::Secret(text)));
  }
}

// GitHub as a provider: who signed in by what its REST interface says, and what of it is not believed.
#include "gateway/oidc/github_provider.h"

#include "core/text/form.h"
#include "tests/gateway/support/github_fixture.h"
#include "tests/gateway/support/sessions_fixture.h"
#include "tests/support/doctest.h"

namespace {

using Fixture = test_support::GithubFixture;
using test_support::json;
using test_support::kApi;
using test_support::kEmails;
using test_support::kOrganisations;
using test_support::kTeams;
using test_support::kToken;
using test_support::response_of;
using test_support::with;

}  // namespace

TEST_CASE("GitHub's interface is where each kind of instance has it") {
  const auto interface_of = [](const char* issuer) {
    return gateway::github_interface(core::parse_url(issuer).value());
  };
  CHECK(interface_of("https://github.com") == "https://api.github.com");
  CHECK(interface_of("https://octo.ghe.com") == "https://api.octo.ghe.com");
  CHECK(interface_of("https://git.example.com") == "https://git.example.com/api/v3");
  CHECK(interface_of("https://git.example.com:8443") == "https://git.example.com:8443/api/v3");
  CHECK(interface_of("https://evil-github.com") == "https://evil-github.com/api/v3");
}

TEST_CASE("somebody of GitHub is who the number says, with the primary e-mail, organisations and teams") {
  Fixture f;
  const core::Result<gateway::Identity> identity = f.sign_in();
  REQUIRE(identity.has_value());
  CHECK(identity->issuer == "https://github.com");
  CHECK(identity->subject == "583231");
  CHECK(identity->user == "Octo-Cat");
  CHECK(identity->preferred_username == "Octo-Cat");
  CHECK(identity->name == "Mona");
  CHECK(identity->email == "octo@example.com");
  CHECK(identity->email_counts);
  CHECK(identity->groups == std::vector<std::string>{"Example", "Example:platform"});
  CHECK(identity->claims.text() == R"({"login":"Octo-Cat"})");
  const core::Form form = core::Form::parse(f.github.requests[0].body).value();
  CHECK(form.required("code_verifier") == "the-verifier");
  CHECK(form.required("client_secret") == "s3cret");
  for (std::size_t i = 1; i < f.github.requests.size(); ++i) {
    const auto& fields = f.github.requests[i].fields;
    CHECK(std::find(fields.begin(), fields.end(),
                    std::pair<std::string, std::string>("Authorization", "Bearer planted")) != fields.end());
    CHECK(f.github.requests[i].url.origin() == kApi);
  }
}

TEST_CASE("the authorization request of GitHub has state and challenge, and no nonce") {
  Fixture f;
  gateway::GithubProvider provider({f.settings, f.github, f.kept});
  gateway::AuthorizationWish wish;
  wish.redirect_uri = "https://auth.example.com/oauth2/callback";
  wish.state = "the-state";
  wish.nonce = "the-nonce";
  wish.code_challenge = "the-challenge";
  const std::string url = provider.authorization_url(wish).value();
  CHECK(url.starts_with("https://github.com/login/oauth/authorize?"));
  CHECK(test_support::parameter_of(url, "state") == "the-state");
  CHECK(test_support::parameter_of(url, "code_challenge") == "the-challenge");
  CHECK(test_support::parameter_of(url, "code_challenge_method") == "S256");
  CHECK(test_support::parameter_of(url, "scope") == "read:user user:email read:org");
  CHECK(test_support::parameter_of(url, "nonce").empty());
}

TEST_CASE("K30: a callback that names another issuer is not GitHub's") {
  Fixture f;
  gateway::GithubProvider provider({f.settings, f.github, f.kept});
  CHECK(provider.check_issuer(std::nullopt).has_value());
  CHECK(provider.check_issuer("https://github.com/login/oauth").has_value());
  CHECK_FALSE(provider.check_issuer("https://id.example.com").has_value());
  CHECK_FALSE(provider.check_issuer("").has_value());
}

TEST_CASE("K11: an e-mail that is not verified does not count, and the public one is no e-mail") {
  Fixture f;
  f.github.answers[kEmails] = json(R"([{"email":"octo@example.com","primary":true,"verified":false},
                                       {"email":"other@example.com","primary":false,"verified":true}])");
  core::Result<gateway::Identity> identity = f.sign_in();
  REQUIRE(identity.has_value());
  CHECK(identity->email == "octo@example.com");
  CHECK_FALSE(identity->email_counts);
  f.github.answers[kEmails] = json(R"([{"email":"octo@example.com","primary":true,"verified":"true"}])");
  CHECK_FALSE(f.sign_in()->email_counts);
  f.github.answers[kEmails] = json("[]");
  identity = f.sign_in();
  CHECK(identity->email.empty());
  CHECK_FALSE(identity->email_counts);
}

TEST_CASE("an error of GitHub's token endpoint is one although its status is 200") {
  Fixture f;
  f.github.answers[kToken] = json(R"({"error":"bad_verification_code","error_description":"planted"})");
  CHECK(f.refusal().kind == core::ErrorKind::refused);
  CHECK(f.refusal().text.find("bad_verification_code") != std::string::npos);
  f.github.answers[kToken] =
      json(R"({"error":"bad_verification_code","access_token":"planted","token_type":"bearer"})");
  CHECK(f.refusal().kind == core::ErrorKind::refused);
  for (const char* body : {R"({"access_token":"planted"})", R"({"access_token":"","token_type":"bearer"})",
                           R"({"token_type":"bearer"})", R"({"access_token":"planted","token_type":"mac"})",
                           R"(["planted"])", "access_token=planted&token_type=bearer"}) {
    CAPTURE(body);
    f.github.answers[kToken] = json(body);
    CHECK(f.refusal().kind == core::ErrorKind::malformed);
  }
  f.github.answers[kToken] =
      response_of(200, "text/plain", R"({"access_token":"planted","token_type":"bearer"})");
  CHECK(f.refusal().kind == core::ErrorKind::malformed);
  f.github.answers[kToken] = json("{}", 503);
  CHECK(f.refusal().kind == core::ErrorKind::unavailable);
}

TEST_CASE("who is not asked for by scope is not asked about, and what was not granted refuses") {
  Fixture f;
  f.settings.scopes = {"read:user"};
  f.github.answers[kToken] = json(R"({"access_token":"planted","scope":"read:user","token_type":"bearer"})");
  const core::Result<gateway::Identity> identity = f.sign_in();
  REQUIRE(identity.has_value());
  CHECK(identity->email.empty());
  CHECK(identity->groups.empty());
  CHECK(f.github.requests.size() == 2);
  f.settings.scopes = {"read:user", "read:org"};
  CHECK(f.refusal().text.find("read:org") != std::string::npos);
  f.settings.scopes = {"read:user", "user:email"};
  CHECK(f.refusal().text.find("user:email") != std::string::npos);
}

TEST_CASE("D05: pages are followed to a limit, and only within the list that was asked for") {
  Fixture f;
  const auto page = [](unsigned number) { return kOrganisations + "&page=" + std::to_string(number); };
  const auto linked = [](const std::string& name, const std::string& next) {
    return with(json("[{\"login\":\"" + name + "\"}]"), "Link",
                "<" + kApi + "/user/orgs?per_page=100&page=1>; rel=\"prev\", <" + next + ">; rel=\"next\"");
  };
  f.github.answers[kOrganisations] = linked("one", page(2));
  f.github.answers[page(2)] = linked("two", page(3));
  f.github.answers[page(3)] =
      with(json(R"([{"login":"three"}])"), "Link", "<" + page(1) + ">; rel=\"first\"");
  const core::Result<gateway::Identity> identity = f.sign_in();
  REQUIRE(identity.has_value());
  CHECK(identity->groups == std::vector<std::string>{"one", "two", "three", "Example:platform"});

  for (const std::string next :
       {"https://evil.example/user/orgs?page=2", "http://api.github.com/user/orgs?page=2",
        "https://api.github.com:444/user/orgs?page=2", "https://api.github.com/user/repos?page=2",
        "https://api.github.com@evil.example/user/orgs", "/user/orgs?page=2",
        "https://api.github.com.evil.example/"}) {
    CAPTURE(next);
    f.github.answers[kOrganisations] = linked("one", next);
    CHECK(f.refusal().kind == core::ErrorKind::malformed);
    CHECK_FALSE(f.github.was_asked(next));
  }
  f.github.answers[kOrganisations] = linked("one", kOrganisations);  // without end
  const std::size_t before = f.github.requests.size();
  CHECK(f.refusal().kind == core::ErrorKind::refused);
  CHECK(f.github.requests.size() - before == 13);
}

TEST_CASE("GitHub's rate limits put a sign-in off, and other refusals end it") {
  struct Row {
    core::FetchResponse answer;
    core::ErrorKind kind;
  };
  const Row rows[] = {
      {with(json("{}", 403), "X-RateLimit-Remaining", "0"), core::ErrorKind::unavailable},
      {with(json("{}", 403), "Retry-After", "60"), core::ErrorKind::unavailable},
      {json("{}", 429), core::ErrorKind::unavailable},
      {json("{}", 502), core::ErrorKind::unavailable},
      {with(json("{}", 403), "X-RateLimit-Remaining", "4999"), core::ErrorKind::refused},
      {json(R"({"message":"Bad credentials"})", 401), core::ErrorKind::refused},  // taken back meanwhile
      {json("{}", 404), core::ErrorKind::refused},
      {json("{}", 302), core::ErrorKind::refused},
      {response_of(200, "text/html", "<p>"), core::ErrorKind::malformed},
      {json("{"), core::ErrorKind::malformed},
  };
  for (const std::string& url : {kApi + "/user", kEmails, kOrganisations, kTeams}) {
    for (const Row& row : rows) {
      CAPTURE(url);
      CAPTURE(row.answer.status);
      CAPTURE(row.answer.body);
      Fixture f;
      f.github.answers[url] = row.answer;
      CHECK(f.refusal().kind == row.kind);
    }
  }
}

TEST_CASE("K18: answers of another shape, and names that could pass for others, refuse the sign-in") {
  struct Row {
    std::string url;
    const char* body;
  };
  const Row rows[] = {
      {kApi + "/user", "[]"},
      {kApi + "/user", R"({"login":"octo"})"},
      {kApi + "/user", R"({"login":"octo","id":"583231"})"},
      {kApi + "/user", R"({"login":"octo","id":0})"},
      {kApi + "/user", R"({"login":"octo","id":1.5})"},
      {kApi + "/user", R"({"id":583231})"},
      {kApi + "/user", R"({"login":"a\r\nb","id":583231})"},
      {kEmails, "{}"},
      {kEmails, R"([{"primary":true,"verified":true}])"},
      {kEmails, R"([{"email":"a@x.org","primary":true,"verified":true},{"email":"b@x.org","primary":true}])"},
      {kOrganisations, R"({"login":"Example"})"},
      {kOrganisations, R"([{"login":"Example:platform"}])"},
      {kOrganisations, R"([{"login":"a,b"}])"},
      {kOrganisations, R"([{"login":""}])"},
      {kOrganisations, R"([{}])"},
      {kOrganisations, R"(["Example"])"},
      {kTeams, R"([{"slug":"platform"}])"},
      {kTeams, R"([{"slug":"a:b","organization":{"login":"Example"}}])"},
      {kTeams, R"([{"slug":"a","organization":{"login":"x:y"}}])"},
      {kTeams, R"([{"name":"platform","organization":{"login":"Example"}}])"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    Fixture f;
    f.github.answers[row.url] = json(row.body);
    CHECK(f.refusal().kind == core::ErrorKind::malformed);
  }
}

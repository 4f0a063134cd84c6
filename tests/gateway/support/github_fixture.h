// GitHub as a unit test sees it: answers by URL, and somebody who signs in there.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/text/form.h"
#include "gateway/oidc/github_provider.h"
#include "tests/gateway/support/fake_provider.h"
#include "tests/support/doctest.h"

namespace test_support {

inline core::FetchResponse json(const std::string& text, int status = 200) {
  return response_of(status, "application/json; charset=utf-8", text);
}

inline core::FetchResponse with(core::FetchResponse response, std::string name, std::string value) {
  response.fields.emplace_back(std::move(name), std::move(value));
  return response;
}

/// Answers by URL; every request is kept.
class FakeGithub final : public core::HttpClient {
 public:
  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits) override {
    requests.push_back(request);
    const auto found = answers.find(request.url.text());
    co_return found != answers.end() ? found->second : json("{}", 404);
  }
  [[nodiscard]] bool was_asked(const std::string& url) const {
    for (const core::FetchRequest& request : requests) {
      if (request.url.text() == url) return true;
    }
    return false;
  }
  std::map<std::string, core::FetchResponse> answers;
  std::vector<core::FetchRequest> requests;
};

inline const std::string kApi = "https://api.github.com";
inline const std::string kToken = "https://github.com/login/oauth/access_token";
inline const std::string kEmails = kApi + "/user/emails?per_page=100";
inline const std::string kOrganisations = kApi + "/user/orgs?per_page=100";
inline const std::string kTeams = kApi + "/user/teams?per_page=100";

struct GithubFixture {
  config::Provider settings;
  FakeGithub github;
  gateway::ClaimPaths kept{{"login", {"login"}}};

  GithubFixture() {
    settings.name = "hub";
    settings.type = config::ProviderType::github;
    settings.issuer = "https://github.com";
    settings.issuer_url = core::parse_url("https://github.com").value();
    settings.client_id = "gateway";
    settings.client_secret.value = core::Secret("s3cret");
    settings.scopes = {"read:user", "user:email", "read:org"};
    settings.claims.user = {"login", {"login"}};
    github.answers[kToken] =
        json(R"({"access_token":"planted","scope":"read:org,read:user,user:email","token_type":"bearer"})");
    github.answers[kApi + "/user"] =
        json(R"({"login":"Octo-Cat","id":583231,"name":"Mona","email":"public@evil.example"})");
    github.answers[kEmails] = json(
        R"([{"email":"old@example.com","primary":false,"verified":true},
            {"email":"octo@example.com","primary":true,"verified":true,"visibility":"private"}])");
    github.answers[kOrganisations] = json(R"([{"login":"Example","id":1}])");
    github.answers[kTeams] =
        json(R"([{"slug":"platform","name":"The Platform","organization":{"login":"Example"}}])");
  }

  core::Result<gateway::SignedIn> sign_in_whole() {
    gateway::GithubProvider provider({settings, github, kept});
    gateway::CodeGrant grant;
    grant.code = "the-code";
    grant.redirect_uri = "https://auth.example.com/oauth2/callback";
    grant.verifier = core::Secret("the-verifier");
    core::Flow<gateway::SignedIn> flow = provider.exchange(std::move(grant));
    flow.start();
    REQUIRE(flow.has_ended());
    return std::move(flow.result());
  }
  core::Result<gateway::Identity> sign_in() {
    core::Result<gateway::SignedIn> whole = sign_in_whole();
    if (!whole) return core::failure(whole.error());
    return std::move(whole->identity);
  }

  /// The error of a sign-in that must not succeed. Its text is for the log and holds no secret.
  core::Error refusal() {
    const core::Result<gateway::Identity> identity = sign_in();
    REQUIRE_FALSE(identity.has_value());
    CHECK(identity.error().text.find("planted") == std::string::npos);
    return identity.error();
  }
};

}  // namespace test_support

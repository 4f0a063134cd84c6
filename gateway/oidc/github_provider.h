// GitHub as an identity provider: OAuth 2.0 with PKCE (no OpenID, so no ID token, no discovery, no keys), and
// its REST interface for who the token is about: the person, the primary e-mail, organisations and teams.
// github.com, GitHub Enterprise Cloud with data residency (NAME.ghe.com) and GitHub Enterprise Server.
// A session that is kept in a store asks again with its access token, which has no end, or, of an app of
// GitHub whose tokens expire, with its refresh token.
#pragma once

#include <string>
#include <string_view>

#include "config/types_access.h"
#include "core/http/client.h"
#include "core/text/form.h"
#include "gateway/oidc/claims.h"
#include "gateway/oidc/github_answers.h"
#include "gateway/oidc/provider.h"

namespace gateway {

/// Where the REST interface of an instance is, without a slash at its end.
std::string github_interface(const core::Url& issuer);

/// All borrowed.
struct GithubProviderParts {
  const config::Provider& settings;
  core::HttpClient& client;
  const ClaimPaths& kept_claims;  ///< what a session keeps of the claims
};

class GithubProvider final : public Provider {
 public:
  explicit GithubProvider(GithubProviderParts parts);

  [[nodiscard]] const std::string& name() const override { return parts_.settings.name; }
  [[nodiscard]] const std::string& title() const override { return parts_.settings.title; }
  [[nodiscard]] core::Result<std::string> authorization_url(const AuthorizationWish& wish) override;
  [[nodiscard]] bool takes_pushed_requests() override { return false; }
  core::Flow<std::string> pushed_url(AuthorizationWish wish) override;
  /// GitHub sends none; one that is there must be the one of its metadata (RFC 8414).
  [[nodiscard]] core::Result<core::Done> check_issuer(std::optional<std::string_view> iss) override;
  core::Flow<SignedIn> exchange(CodeGrant grant) override;
  /// By what kept_of() made of the token. `refused` where GitHub takes no token of that person any more.
  core::Flow<SignedIn> refresh(RefreshGrant grant) override;
  /// There is no such place.
  [[nodiscard]] std::optional<std::string> end_session_url(const std::string&, const std::string&) override {
    return std::nullopt;
  }

 private:
  [[nodiscard]] core::FetchRequest token_request(core::FormWriter form) const;
  core::Flow<GithubToken> token_for(core::FormWriter form);
  core::Flow<std::vector<std::string>> read_lists(GithubToken token, core::Json* claims);
  core::Flow<Identity> member(GithubToken token, core::Json claims);
  core::Flow<Identity> asked_again(GithubToken token, const RefreshGrant& grant);
  [[nodiscard]] core::FetchRequest question(const core::Url& url, const core::Secret& token) const;
  /// Which list is read, and where what it says goes.
  enum class List { emails, organisations, teams };
  core::Flow<core::Json> person(core::Secret token);
  core::Flow<> read_list(List list, core::Secret token, core::Json* claims, std::vector<std::string>* groups);

  GithubProviderParts parts_;
  std::string interface_;
};

}  // namespace gateway

#include "gateway/oidc/github_provider.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "core/text/form.h"
#include "gateway/oidc/authorization_query.h"
#include "gateway/oidc/provider_fetch.h"

namespace gateway {
namespace {

/// A list of more pages, of a hundred entries each, refuses the sign-in: a rule that denies could miss one.
constexpr unsigned kMaxPages = 10;

struct ListPlace {
  std::string_view path;
  std::string_view what;  ///< for the log
};

constexpr ListPlace kPlaces[] = {{"/user/emails", "GitHub's e-mails"},
                                 {"/user/orgs", "GitHub's organisations"},
                                 {"/user/teams", "GitHub's teams"}};

using ScopeNames = std::span<const std::string_view>;

bool asks_for(const config::Provider& settings, ScopeNames scopes) {
  return std::ranges::any_of(settings.scopes, [scopes](const std::string& scope) {
    return std::ranges::find(scopes, scope) != scopes.end();
  });
}

constexpr std::array<std::string_view, 2> kEmailScopes{"user:email", "user"};
constexpr std::array<std::string_view, 3> kOrganisationScopes{"read:org", "write:org", "admin:org"};

Tokens tokens_of(const GithubToken& token) {
  return {.refresh_token = kept_of(token), .id_token = {}, .access_token = token.token};
}

core::Error not_granted(std::string_view what) {
  return {core::ErrorKind::refused, core::Side::provider, "the token was not granted " + std::string(what)};
}

}  // namespace

std::string github_interface(const core::Url& issuer) {
  const std::string& host = issuer.authority.host;
  if (host != "github.com" && !host.ends_with(".ghe.com")) return issuer.origin() + "/api/v3";
  core::Url api = issuer;
  api.authority.host = "api." + host;
  return api.origin();
}

GithubProvider::GithubProvider(GithubProviderParts parts)
    : parts_(parts), interface_(github_interface(parts.settings.issuer_url)) {}

core::Result<std::string> GithubProvider::authorization_url(const AuthorizationWish& wish) {
  core::FormWriter query = authorization_query(parts_.settings, wish);
  return parts_.settings.issuer + "/login/oauth/authorize?" + query.text();
}

core::Flow<std::string> GithubProvider::pushed_url(AuthorizationWish wish) {
  co_return authorization_url(wish);
}

core::Result<core::Done> GithubProvider::check_issuer(std::optional<std::string_view> iss) {
  if (!iss || *iss == parts_.settings.issuer || *iss == parts_.settings.issuer + "/login/oauth") {
    return core::done();
  }
  return core::failure(core::ErrorKind::unverified, core::Side::client, "the response names another issuer");
}

core::FetchRequest GithubProvider::token_request(core::FormWriter form) const {
  const config::Provider& settings = parts_.settings;
  core::Url url = settings.issuer_url;
  url.path = "/login/oauth/access_token";
  core::FetchRequest request = request_to(settings, url);
  request.method = "POST";
  request.fields.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  form.add("client_id", settings.client_id).add("client_secret", settings.client_secret.value.reveal());
  request.body = form.text();
  return request;
}

core::Flow<GithubToken> GithubProvider::token_for(core::FormWriter form) {
  core::FetchRequest request = token_request(std::move(form));
  const core::FetchLimits limits;
  core::FetchResponse response = co_await parts_.client.fetch(std::move(request), limits);
  GithubToken token = co_await parse_github_token(std::move(response));
  co_return token;
}

core::FetchRequest GithubProvider::question(const core::Url& url, const core::Secret& token) const {
  core::FetchRequest request = request_to(parts_.settings, url);
  request.fields.emplace_back("Authorization", "Bearer " + std::string(token.reveal()));
  request.fields.emplace_back("User-Agent", "gateway");  // without one GitHub answers 403
  request.fields.emplace_back("X-GitHub-Api-Version", "2022-11-28");
  return request;
}

core::Flow<core::Json> GithubProvider::person(core::Secret token) {
  const std::string address = interface_ + "/user";
  const core::Url url = co_await core::parse_url(address, core::Side::us);
  core::FetchRequest request = question(url, token);
  const core::FetchLimits limits;
  core::FetchResponse response = co_await parts_.client.fetch(std::move(request), limits);
  const core::Json user = co_await parse_github_answer(std::move(response), "GitHub's user");
  core::Json claims = co_await github_person(user);
  co_return claims;
}

core::Flow<> GithubProvider::read_list(List list, core::Secret token, core::Json* claims,
                                       std::vector<std::string>* groups) {
  const ListPlace& place = kPlaces[static_cast<std::size_t>(list)];
  std::string first = interface_;
  first.append(place.path).append("?per_page=100");
  core::Url url = co_await core::parse_url(first, core::Side::us);
  const core::FetchLimits limits;
  for (unsigned page = 0; page < kMaxPages; ++page) {
    core::FetchRequest request = question(url, token);
    core::FetchResponse response = co_await parts_.client.fetch(std::move(request), limits);
    const std::optional<core::Url> next = co_await next_github_page(response, url);
    const core::Json entries = co_await parse_github_answer(std::move(response), place.what);
    core::Result<void> added;
    if (list == List::emails) {
      added = add_github_email(entries, *claims);
    } else if (list == List::organisations) {
      added = add_github_organisations(entries, *groups);
    } else {
      added = add_github_teams(entries, *groups);
    }
    if (!added) co_await core::failure(std::move(added.error()));
    if (!next) co_return core::done();
    url = *next;
  }
  std::string text(place.what);
  text += ": too many pages";
  co_await core::failure(core::ErrorKind::refused, core::Side::provider, text);
  co_return core::done();
}

core::Flow<std::vector<std::string>> GithubProvider::read_lists(GithubToken token, core::Json* claims) {
  std::vector<std::string> groups;
  if (asks_for(parts_.settings, kEmailScopes)) {
    if (!token.has_any(kEmailScopes)) co_await core::failure(not_granted("user:email"));
    co_await read_list(List::emails, token.token, claims, &groups);
  }
  if (asks_for(parts_.settings, kOrganisationScopes)) {
    if (!token.has_any(kOrganisationScopes)) co_await core::failure(not_granted("read:org"));
    co_await read_list(List::organisations, token.token, claims, &groups);
    co_await read_list(List::teams, token.token, claims, &groups);
  }
  co_return groups;
}

core::Flow<Identity> GithubProvider::member(GithubToken token, core::Json claims) {
  std::vector<std::string> groups = co_await read_lists(std::move(token), &claims);
  core::Json names = core::Json::array();
  for (std::string& group : groups) names.push(std::move(group));
  claims.set("groups", std::move(names));
  co_return make_identity(parts_.settings, claims, parts_.kept_claims);
}

core::Flow<SignedIn> GithubProvider::exchange(CodeGrant grant) {
  core::FormWriter form;
  form.add("code", grant.code).add("redirect_uri", grant.redirect_uri);
  form.add("code_verifier", grant.verifier.reveal());
  core::Result<GithubToken> token = co_await core::attempt(token_for(std::move(form)));
  if (!token) co_await core::failure(std::move(token.error()).during("exchanging the code"));
  core::Json claims = co_await person(token->token);
  SignedIn signed_in;
  signed_in.identity = co_await member(*token, std::move(claims));
  signed_in.identity.proven_at = grant.now;
  signed_in.tokens = tokens_of(*token);
  co_return signed_in;
}

core::Flow<SignedIn> GithubProvider::refresh(RefreshGrant grant) {
  core::Result<GithubToken> token = parse_kept(grant.refresh_token);
  if (token && token->token.empty()) {
    core::FormWriter form;
    form.add("grant_type", "refresh_token").add("refresh_token", token->refresh_token.reveal());
    token = co_await core::attempt(token_for(std::move(form)));
  }
  if (!token) co_await core::failure(std::move(token.error()).during("refreshing"));
  SignedIn renewed;
  renewed.identity = grant.before;
  renewed.tokens = tokens_of(*token);
  core::Result<Identity> now = co_await core::attempt(asked_again(*token, grant));
  if (now) {
    renewed.identity = std::move(*now);
  } else if (is_final(now.error())) {
    co_await core::failure(std::move(now.error()));
  } else {
    renewed.unchecked = std::move(now.error());
  }
  co_return renewed;
}

/// Of a person whom GitHub knows, a list that is refused says nothing, and no rule may miss what it held.
core::Flow<Identity> GithubProvider::asked_again(GithubToken token, const RefreshGrant& grant) {
  core::Json claims = co_await person(token.token);
  if (claims.string_at("sub") != grant.before.subject) {
    co_await core::failure(core::ErrorKind::unverified, core::Side::provider,
                           "GitHub's token is about another person");
  }
  core::Result<Identity> now = co_await core::attempt(member(std::move(token), std::move(claims)));
  if (!now && now.error().kind == core::ErrorKind::refused) now.error().kind = core::ErrorKind::unavailable;
  if (!now) co_await core::failure(std::move(now.error()));
  keep_session(grant.before, *now);
  co_return std::move(*now);
}

}  // namespace gateway

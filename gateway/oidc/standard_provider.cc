#include "gateway/oidc/standard_provider.h"

#include <optional>
#include <utility>

#include "config/issuer.h"
#include "gateway/oidc/authorization_query.h"
#include "gateway/oidc/entra_groups.h"
#include "gateway/oidc/logout_token.h"
#include "gateway/oidc/provider_fetch.h"
#include "gateway/oidc/pushed_response.h"
#include "gateway/oidc/userinfo.h"

namespace gateway {
namespace {

/// Tokens come to us from the provider alone, so what is wrong with one is its fault.
core::Error in_token(core::Error error, std::string_view name) {
  error.side = core::Side::provider;
  return std::move(error).during("checking the " + std::string(name));
}

}  // namespace

StandardProvider::StandardProvider(StandardProviderParts parts)
    : parts_(std::move(parts)),
      state_(parts_.state),
      keys_(parts_.state, parts_.refetch_keys),
      credentials_(parts_.settings, parts_.random) {}

core::Error StandardProvider::not_ready(const ProviderState& state) const {
  std::string text = "provider " + name() + " has not been reached yet";
  if (!state.problem.empty()) text += ": " + state.problem;
  return {core::ErrorKind::unavailable, core::Side::provider, std::move(text), core::Retry::later};
}

core::Result<std::string> StandardProvider::authorization_url(const AuthorizationWish& wish) {
  const ProviderState& state = state_.current();
  if (!state.is_ready()) return core::failure(not_ready(state));
  core::FormWriter query = authorization_query(parts_.settings, wish);
  query.add("nonce", wish.nonce);
  return with_query(state.metadata->authorization_endpoint, query);
}

bool StandardProvider::takes_pushed_requests() {
  const ProviderState& state = state_.current();
  return state.is_ready() && state.metadata->pushed_request_endpoint.has_value();
}

core::Flow<std::string> StandardProvider::pushed_url(AuthorizationWish wish) {
  const std::shared_ptr<const ProviderState> state = state_.pin();
  if (!state->is_ready()) co_await core::failure(not_ready(*state));
  const Metadata& metadata = *state->metadata;
  if (!metadata.pushed_request_endpoint) co_return authorization_url(wish);
  core::FetchRequest request = form_request(*metadata.pushed_request_endpoint);
  core::FormWriter form = authorization_query(parts_.settings, wish);
  form.add("nonce", wish.nonce);
  credentials_.add_to(request, form, metadata.client_authentication, wish.now);
  request.body = form.text();
  const core::FetchLimits limits;
  core::Result<core::FetchResponse> response =
      co_await core::attempt(parts_.client.fetch(std::move(request), limits));
  if (!response) co_await core::failure(std::move(response.error()).during("handing in the request"));
  const std::string name = co_await parse_pushed_response(std::move(*response));
  core::FormWriter query;
  query.add("client_id", parts_.settings.client_id).add("request_uri", name);
  co_return with_query(metadata.authorization_endpoint, query);
}

core::Result<core::Done> StandardProvider::check_issuer(std::optional<std::string_view> iss) {
  const ProviderState& state = state_.current();
  if (!state.is_ready()) return core::failure(not_ready(state));
  if (iss && !config::is_issuer_of(parts_.settings, *iss)) {
    return core::failure(core::ErrorKind::unverified, core::Side::client,
                         "the response names another issuer");
  }
  if (!iss && state.metadata->sends_issuer) {
    return core::failure(core::ErrorKind::unverified, core::Side::client, "the response names no issuer");
  }
  return core::done();
}

std::optional<std::string> StandardProvider::end_session_url(const std::string& return_to,
                                                             const std::string& state) {
  const ProviderState& current = state_.current();
  if (!current.metadata || !current.metadata->end_session_endpoint) return std::nullopt;
  core::FormWriter query;
  query.add("client_id", parts_.settings.client_id)
      .add("post_logout_redirect_uri", return_to)
      .add("state", state);
  return with_query(*current.metadata->end_session_endpoint, query);
}

core::FetchRequest StandardProvider::token_request(const Metadata& metadata, core::FormWriter form,
                                                   core::WallTime now) {
  core::FetchRequest request = form_request(metadata.token_endpoint);
  if (metadata.client_authentication != ClientAuthentication::secret_basic) {
    form.add("client_id", parts_.settings.client_id);
  }
  credentials_.add_to(request, form, metadata.client_authentication, now);
  request.body = form.text();
  return request;
}

core::FetchRequest StandardProvider::form_request(const core::Url& endpoint) const {
  core::FetchRequest request = request_to(parts_.settings, endpoint);
  request.method = "POST";
  request.fields.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  return request;
}

/// The issuer that a token must have: where each tenant has its own, the one that it names, if that may be.
core::Result<std::string> StandardProvider::issuer_of(const core::Secret& token) const {
  const config::Provider& settings = parts_.settings;
  if (config::published_issuer(settings) == settings.issuer) return settings.issuer;
  std::optional<std::string> named = core::unverified_issuer(token.reveal());
  if (named && config::is_issuer_of(settings, *named)) return std::move(*named);
  return core::failure(core::ErrorKind::unverified, core::Side::provider,
                       "checking the ID token: its issuer is none of the tenants'");
}

core::JwtRules StandardProvider::id_token_rules(std::string issuer, std::optional<std::string> nonce) const {
  core::JwtRules rules;
  rules.issuer = std::move(issuer);
  rules.audience = parts_.settings.client_id;
  rules.nonce = std::move(nonce);
  return rules;
}

/// What came with our own login: `azp` is us, while `aud` names the services it is meant for.
core::JwtRules StandardProvider::access_token_rules() const {
  core::JwtRules rules;
  rules.issuer = parts_.settings.issuer;
  rules.audience = parts_.settings.client_id;
  rules.audience_rule = core::AudienceRule::authorized_party;
  return rules;
}

core::Flow<core::Json> StandardProvider::userinfo_claims(core::Url endpoint, std::string subject,
                                                         core::Secret access_token) {
  core::FetchRequest request;
  if (parts_.settings.userinfo_token == config::UserinfoToken::body) {
    request = form_request(endpoint);
    core::FormWriter form;
    request.body = form.add("access_token", access_token.reveal()).text();
  } else {
    request = request_to(parts_.settings, endpoint);
    request.fields.emplace_back("Authorization", "Bearer " + std::string(access_token.reveal()));
  }
  const core::FetchLimits limits;
  core::FetchResponse response = co_await parts_.client.fetch(std::move(request), limits);
  core::Json claims = co_await parse_userinfo(std::move(response), subject);
  co_return claims;
}

core::Flow<core::Json> StandardProvider::access_token_claims(core::Secret token, std::string subject,
                                                             core::WallTime now) {
  core::Flow<core::Jwt> verifying = keys_.verify(std::move(token), access_token_rules(), now);
  core::Result<core::Jwt> verified = co_await core::attempt(std::move(verifying));
  if (!verified) co_await core::failure(in_token(std::move(verified.error()), "access token"));
  if (verified->subject != subject) {
    co_await core::failure(core::ErrorKind::unverified, core::Side::provider,
                           "the access token is not about the subject of the ID token");
  }
  co_return std::move(verified->claims);
}

/// Claims that cannot be had end the sign-in: going on without them could pass by a rule that denies.
core::Flow<core::Json> StandardProvider::all_claims(std::shared_ptr<const ProviderState> state,
                                                    core::Jwt id_token, core::Secret access_token,
                                                    core::WallTime now) {
  const config::Provider& settings = parts_.settings;
  std::optional<core::Json> claims;
  for (const config::ClaimSource source : settings.claims_from) {
    const bool is_at_hand = source == config::ClaimSource::id_token;
    if (claims && !is_at_hand && !lacks_claims(*claims, settings, parts_.kept_claims)) continue;
    core::Json more;
    if (source == config::ClaimSource::userinfo) {
      if (!state->metadata->userinfo_endpoint) continue;
      more = co_await userinfo_claims(*state->metadata->userinfo_endpoint, id_token.subject, access_token);
    } else if (source == config::ClaimSource::access_token) {
      more = co_await access_token_claims(access_token, id_token.subject, now);
    } else {
      more = id_token.claims;
    }
    claims = claims ? merged(std::move(*claims), more) : std::move(more);
  }
  if (!claims) claims = std::move(id_token.claims);
  if (names_groups_elsewhere(*claims)) {
    core::Json groups = co_await groups_at_graph(state, access_token);
    claims->set("groups", std::move(groups));
  }
  co_return std::move(*claims);
}

bool StandardProvider::names_groups_elsewhere(const core::Json& claims) const {
  const std::vector<std::string>& path = parts_.settings.claims.groups.steps;
  const bool is_asked_for = path.size() == 1 && path.front() == "groups";
  return parts_.settings.type == config::ProviderType::entra && is_asked_for && has_group_overage(claims);
}

core::Flow<core::Json> StandardProvider::groups_at_graph(std::shared_ptr<const ProviderState> state,
                                                         core::Secret access_token) {
  if (!state->metadata->graph) {
    co_await core::failure(core::ErrorKind::unsupported, core::Side::provider,
                           "the groups do not fit the token, and the metadata names no msgraph_host");
  }
  GroupQuestion question{parts_.settings, parts_.client, *state->metadata->graph, access_token};
  core::Json groups = co_await fetch_groups(std::move(question));
  co_return groups;
}

core::Flow<core::Jwt> StandardProvider::verify_id_token(TokenResponse tokens,
                                                        std::optional<std::string> nonce,
                                                        core::WallTime now) {
  const std::string issuer = co_await issuer_of(tokens.id_token);
  core::Flow<core::Jwt> verifying = keys_.verify(tokens.id_token, id_token_rules(issuer, nonce), now);
  core::Result<core::Jwt> verified = co_await core::attempt(std::move(verifying));
  if (!verified) co_await core::failure(in_token(std::move(verified.error()), "ID token"));
  const core::Result<void> hash = core::check_access_token_hash(*verified, tokens.access_token.reveal());
  if (!hash) co_await core::failure(in_token(hash.error(), "ID token"));
  const std::string_view tenant = config::tenant_of(parts_.settings, issuer);
  if (!tenant.empty() && verified->claims.string_at("tid") != tenant) {
    co_await core::failure(core::ErrorKind::unverified, core::Side::provider,
                           "the ID token's tenant is not its issuer's");
  }
  co_return std::move(*verified);
}

core::Flow<SignedIn> StandardProvider::exchange(CodeGrant grant) {
  const std::shared_ptr<const ProviderState> state = state_.pin();
  if (!state->is_ready()) co_await core::failure(not_ready(*state));
  core::FormWriter form;
  form.add("grant_type", "authorization_code")
      .add("code", grant.code)
      .add("redirect_uri", grant.redirect_uri);
  form.add("code_verifier", grant.verifier.reveal());
  core::FetchRequest request = token_request(*state->metadata, std::move(form), grant.now);
  const core::FetchLimits limits;
  core::Result<core::FetchResponse> response =
      co_await core::attempt(parts_.client.fetch(std::move(request), limits));
  if (!response) co_await core::failure(std::move(response.error()).during("exchanging the code"));
  TokenResponse tokens = co_await parse_token_response(std::move(*response), GrantKind::code);
  core::Jwt id_token = co_await verify_id_token(tokens, grant.nonce, grant.now);
  SignedIn signed_in;
  const std::string provider_session = co_await provider_session_of(id_token.claims);
  const core::WallTime proven_at = id_token.issued.value_or(grant.now);
  const std::string issuer(id_token.claims.string_at("iss").value_or(""));
  const core::Json claims = co_await all_claims(state, std::move(id_token), tokens.access_token, grant.now);
  signed_in.identity = co_await make_identity(parts_.settings, claims, parts_.kept_claims);
  signed_in.identity.issuer = issuer;
  signed_in.identity.provider_session = provider_session;
  signed_in.identity.proven_at = proven_at;
  signed_in.tokens.refresh_token = std::move(tokens.refresh_token);
  signed_in.tokens.id_token = std::move(tokens.id_token);
  signed_in.tokens.access_token = std::move(tokens.access_token);
  co_return signed_in;
}

/// OpenID Connect Core section 12: no nonce is looked at, issuer and subject must be the same. Without an ID
/// token userinfo says it all; without that, that the token was taken is all there is to know.
core::Flow<Identity> StandardProvider::asked_again(std::shared_ptr<const ProviderState> state,
                                                   const TokenResponse& tokens, const RefreshGrant& grant) {
  core::Jwt id_token;
  id_token.claims = core::Json::object();
  id_token.claims.set("sub", grant.before.subject);
  id_token.subject = grant.before.subject;
  if (!tokens.id_token.empty()) {
    const std::optional<std::string> any_nonce;
    id_token = co_await verify_id_token(tokens, any_nonce, grant.now);
  }
  const bool is_elsewhere =
      !tokens.id_token.empty() && id_token.claims.string_at("iss") != grant.before.issuer;
  if (is_elsewhere || id_token.subject != grant.before.subject) {
    co_await core::failure(core::ErrorKind::unverified, core::Side::provider,
                           "the refreshed ID token is about another person");
  }
  if (tokens.id_token.empty() && !state->metadata->userinfo_endpoint) co_return grant.before;
  core::Result<core::Json> claims =
      co_await core::attempt(all_claims(state, std::move(id_token), tokens.access_token, grant.now));
  // An endpoint that refuses to answer is no word about the session.
  if (!claims && claims.error().kind == core::ErrorKind::refused)
    claims.error().kind = core::ErrorKind::unavailable;
  const core::Json all = co_await std::move(claims);
  Identity now = co_await make_identity(parts_.settings, all, parts_.kept_claims);
  keep_session(grant.before, now);
  co_return now;
}

core::Flow<SignedIn> StandardProvider::refresh(RefreshGrant grant) {
  const std::shared_ptr<const ProviderState> state = state_.pin();
  if (!state->is_ready()) co_await core::failure(not_ready(*state));
  core::FormWriter form;
  form.add("grant_type", "refresh_token").add("refresh_token", grant.refresh_token.reveal());
  core::FetchRequest request = token_request(*state->metadata, std::move(form), grant.now);
  const core::FetchLimits limits;
  core::Result<core::FetchResponse> response =
      co_await core::attempt(parts_.client.fetch(std::move(request), limits));
  if (!response) co_await core::failure(std::move(response.error()).during("refreshing"));
  TokenResponse tokens = co_await parse_token_response(std::move(*response), GrantKind::refresh);
  SignedIn renewed;
  renewed.identity = grant.before;
  core::Result<Identity> now = co_await core::attempt(asked_again(state, tokens, grant));
  if (now) {
    renewed.identity = std::move(*now);
  } else if (is_final(now.error())) {
    co_await core::failure(std::move(now.error()));
  } else {
    renewed.unchecked = std::move(now.error());
  }
  renewed.tokens.refresh_token = std::move(tokens.refresh_token);
  renewed.tokens.id_token = std::move(tokens.id_token);
  renewed.tokens.access_token = std::move(tokens.access_token);
  co_return renewed;
}

}  // namespace gateway

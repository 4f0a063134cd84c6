// Any conforming OpenID provider, by discovery: authorization code with PKCE (OpenID Connect Core
// section 3.1). Reads metadata and keys from control's snapshots; asks for fresh keys once when a token was
// signed by an unknown one.
#pragma once

#include <memory>
#include <string>

#include "config/types_access.h"
#include "core/crypto/jwt.h"
#include "core/http/client.h"
#include "core/loop/published.h"
#include "core/text/form.h"
#include "gateway/oidc/claims.h"
#include "gateway/oidc/client_authentication.h"
#include "gateway/oidc/issuer_keys.h"
#include "gateway/oidc/provider.h"
#include "gateway/oidc/provider_state.h"
#include "gateway/oidc/token_response.h"

namespace gateway {

/// All borrowed but the function.
struct StandardProviderParts {
  const config::Provider& settings;
  core::HttpClient& client;
  const core::Published<ProviderState>& state;
  const ClaimPaths& kept_claims;  ///< what a session keeps of the claims
  RefetchKeys refetch_keys;
  core::Random& random;
};

class StandardProvider final : public Provider {
 public:
  explicit StandardProvider(StandardProviderParts parts);

  [[nodiscard]] const std::string& name() const override { return parts_.settings.name; }
  [[nodiscard]] const std::string& title() const override { return parts_.settings.title; }
  [[nodiscard]] core::Result<std::string> authorization_url(const AuthorizationWish& wish) override;
  [[nodiscard]] bool takes_pushed_requests() override;
  core::Flow<std::string> pushed_url(AuthorizationWish wish) override;
  [[nodiscard]] core::Result<core::Done> check_issuer(std::optional<std::string_view> iss) override;
  core::Flow<SignedIn> exchange(CodeGrant grant) override;
  core::Flow<SignedIn> refresh(RefreshGrant grant) override;
  [[nodiscard]] std::optional<std::string> end_session_url(const std::string& return_to,
                                                           const std::string& state) override;

 private:
  [[nodiscard]] core::Error not_ready(const ProviderState& state) const;
  [[nodiscard]] core::FetchRequest form_request(const core::Url& endpoint) const;
  [[nodiscard]] core::FetchRequest token_request(const Metadata& metadata, core::FormWriter form,
                                                 core::WallTime now);
  [[nodiscard]] core::Result<std::string> issuer_of(const core::Secret& token) const;
  [[nodiscard]] core::JwtRules id_token_rules(std::string issuer, std::optional<std::string> nonce) const;
  core::Flow<core::Jwt> verify_id_token(TokenResponse tokens, std::optional<std::string> nonce,
                                        core::WallTime now);
  [[nodiscard]] core::JwtRules access_token_rules() const;
  core::Flow<Identity> asked_again(std::shared_ptr<const ProviderState> state, const TokenResponse& tokens,
                                   const RefreshGrant& grant);
  core::Flow<core::Json> all_claims(std::shared_ptr<const ProviderState> state, core::Jwt id_token,
                                    core::Secret access_token, core::WallTime now);
  [[nodiscard]] bool names_groups_elsewhere(const core::Json& claims) const;
  core::Flow<core::Json> groups_at_graph(std::shared_ptr<const ProviderState> state,
                                         core::Secret access_token);
  core::Flow<core::Json> userinfo_claims(core::Url endpoint, std::string subject, core::Secret access_token);
  core::Flow<core::Json> access_token_claims(core::Secret token, std::string subject, core::WallTime now);

  StandardProviderParts parts_;
  core::Published<ProviderState>::Reader state_;
  IssuerKeys keys_;
  ClientCredentials credentials_;
};

}  // namespace gateway

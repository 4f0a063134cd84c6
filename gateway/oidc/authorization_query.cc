#include "gateway/oidc/authorization_query.h"

#include <vector>

#include "config/extra_parameters.h"

namespace gateway {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text.push_back(' ');
    text += word;
  }
  return text;
}

}  // namespace

core::FormWriter authorization_query(const config::Provider& settings, const AuthorizationWish& wish) {
  core::FormWriter query;
  query.add("response_type", "code")
      .add("client_id", settings.client_id)
      .add("redirect_uri", wish.redirect_uri);
  query.add("scope", joined(settings.scopes)).add("state", wish.state);
  query.add("code_challenge", wish.code_challenge).add("code_challenge_method", "S256");
  const std::string& prompt = wish.prompt.empty() ? settings.prompt : wish.prompt;
  const std::string& contexts = wish.acr_values.empty() ? settings.acr_values : wish.acr_values;
  if (!prompt.empty()) query.add("prompt", prompt);
  if (!contexts.empty()) query.add("acr_values", contexts);
  if (!wish.login_hint.empty()) {
    query.add(settings.type == config::ProviderType::github ? "login" : "login_hint", wish.login_hint);
  }
  if (!settings.hosted_domain.empty()) query.add("hd", settings.hosted_domain);
  for (const auto& [parameter, value] : settings.extra) {
    if (config::is_own_parameter(parameter) || !config::is_usable_parameter(parameter, value)) continue;
    query.add(parameter, value);
  }
  return query;
}

std::string with_query(const core::Url& url, const core::FormWriter& query) {
  std::string text = url.text();
  text.push_back(url.query.empty() ? '?' : '&');
  return text + query.text();
}

}  // namespace gateway

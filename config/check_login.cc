// Rules between login, policies and routes: what a protected route needs, and who could get in by mistake.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "config/check.h"
#include "config/identity.h"
#include "config/policy_providers.h"
#include "config/suggest.h"
#include "core/text/expand.h"
#include "core/text/host_pattern.h"

namespace config {
namespace {

/// Issuers at which anybody on Earth can have an account.
constexpr std::array<std::string_view, 7> kOpenIssuers{"https://accounts.google.com",
                                                       "https://github.com",
                                                       "https://gitlab.com",
                                                       "https://login.microsoftonline.com/common/v2.0",
                                                       "https://login.microsoftonline.com/organizations/v2.0",
                                                       "https://login.microsoftonline.com/consumers/v2.0",
                                                       "https://appleid.apple.com"};

bool any_protected(const Config& config) {
  return std::ranges::any_of(config.routes, is_protected);
}

const Provider* find_provider(const Config& config, const std::string& name) {
  const auto found = std::ranges::find(config.login.providers, name, &Provider::name);
  return found == config.login.providers.end() ? nullptr : &*found;
}

void check_provider_name(const Config& config, const std::string& name, Position at, Findings& findings) {
  if (name.empty() || find_provider(config, name) != nullptr) return;
  std::vector<std::string> names;
  names.reserve(config.login.providers.size());
  for (const Provider& provider : config.login.providers) names.push_back(provider.name);
  const std::string nearest = nearest_name(name, names);
  findings.error(at, "there is no provider \"" + name + "\"",
                 nearest.empty() ? "add it under login.providers" : "did you mean \"" + nearest + "\"?");
}

/// Whom a route sends somewhere, its policy should not send away whoever it is.
void check_sign_in(const Config& config, const Route& route, Findings& findings) {
  const std::vector<std::string>& asked = route.sign_in.providers;
  for (const std::string& name : asked) check_provider_name(config, name, route.at, findings);
  if (asked.empty() || route.access.kind != AccessKind::policy) return;
  const std::vector<std::string> admitted = providers_admitted(config, route.access.policy);
  const auto is_admitted = [&admitted](const std::string& name) {
    return std::ranges::find(admitted, name) != admitted.end();
  };
  if (admitted.empty() || std::ranges::any_of(asked, is_admitted)) return;
  findings.warn(route.at,
                "sign_in.provider: the policy " + config.policies[route.access.policy].name +
                    " admits nobody who signs in there",
                "name providers that its rules name, or leave provider out: the policy's are offered then");
}

bool is_open_to_the_world(const Provider& provider) {
  if (provider.type == ProviderType::google) return provider.hosted_domain.empty();
  if (!provider.tenants.empty()) return false;
  return std::ranges::find(kOpenIssuers, provider.issuer) != kOpenIssuers.end();
}

std::string_view mend_of_type(ProviderType type) {
  if (type == ProviderType::google) return ", or set hosted_domain";
  if (type == ProviderType::entra) return ", or the tenants";
  return type == ProviderType::github ? ", or organisations" : "";
}

/// Whether whoever opens a tenant is let in by it.
bool is_any_tenant(const Provider& provider) {
  const bool is_shared = provider.tenant == "organizations" || provider.tenant == "common";
  return provider.type == ProviderType::entra && is_shared && provider.tenants.empty();
}

/// Whether the rule lets in everybody whom its provider lets in.
bool admits_everybody(const Rule& rule) {
  const bool names_persons = rule.emails || rule.email_domains || rule.users || rule.groups || rule.roles ||
                             rule.orgs || rule.teams || rule.clients || !rule.claims.empty();
  return !names_persons && !rule.networks && !rule.policies;  // an inner policy is looked at by itself
}

/// The providers whose users the rule can admit.
std::vector<const Provider*> providers_of(const Config& config, const Rule& rule) {
  std::vector<const Provider*> list;
  if (rule.clients) return list;  // no person at all
  for (const Provider& provider : config.login.providers) {
    const bool fits =
        !rule.providers || std::ranges::find(*rule.providers, provider.name) != rule.providers->end();
    if (fits) list.push_back(&provider);
  }
  return list;
}

/// The placeholders of everything that the identity sends.
std::set<std::string> names_sent(const Identity& identity) {
  std::set<std::string> sent;
  for (const IdentityLine& line : identity_lines(identity)) {
    for (const Located& value : line.values) {
      const auto parsed = core::Template::parse(value.text);
      if (!parsed) continue;
      for (const std::string_view name : parsed->names()) sent.emplace(name);
    }
  }
  return sent;
}

/// Whether the identity sends a name that two issuers may give to two persons, and nothing that tells them
/// apart.
bool sends_shared_name(const Identity& identity) {
  const std::set<std::string> sent = names_sent(identity);
  const bool tells_apart = sent.contains("sub") && sent.contains("provider");
  return !tells_apart &&
         (sent.contains("user") || sent.contains("email") || sent.contains("preferred_username"));
}

using ProviderNames = std::set<std::string>;
const std::string kClientMark = "client ";  // no provider's name has a blank

/// The providers whose users the policy can admit, and the issuers of machines, `depth` policies below the
/// first.
ProviderNames providers_of_policy(const Config& config, const Policy& policy, std::size_t depth = 1) {
  ProviderNames names;
  if (policy.approval) {  // whoever signs in may be approved
    for (const Provider& provider : config.login.providers) names.insert(provider.name);
  }
  for (const Rule& rule : policy.allow) {
    ProviderNames inner;
    for (const std::size_t index : rule.policies.value_or(std::vector<std::size_t>())) {
      if (depth < kMaxPolicyDepth)
        inner.merge(providers_of_policy(config, config.policies[index], depth + 1));
    }
    for (const std::string& name : inner) {
      if (name.starts_with(kClientMark)) names.insert(name);
    }
    for (const std::string& client : rule.clients.value_or(std::vector<std::string>()))
      names.insert(kClientMark + client);
    for (const Provider* provider : providers_of(config, rule)) {
      if (!rule.policies || inner.contains(provider->name)) names.insert(provider->name);
    }
  }
  return names;
}

}  // namespace

void settle_login_host(Config& config, Findings& findings) {
  if (!config.login.host.empty() || !any_protected(config)) return;
  std::set<std::string> hosts;
  for (const Route& route : config.routes) hosts.insert(route.host);
  const bool is_exact = hosts.size() == 1 && !hosts.begin()->empty() && !hosts.begin()->starts_with('*');
  if (is_exact) {
    config.login.host = *hosts.begin();
    return;
  }
  findings.error({1, 1}, "login.host: is required, because the routes have more than one host or a wildcard",
                 "name the host where sign-in happens, such as auth.example.com");
}

void check_providers(const Config& config, Findings& findings) {
  if (any_protected(config) && config.login.providers.empty()) {
    findings.error({1, 1}, "login.providers: there is none, but a route names a policy",
                   "add an identity provider");
  }
  if (const Provider* provider = find_provider(config, std::string(kBreakGlassProvider));
      provider != nullptr && config.login.break_glass) {
    findings.error(provider->at, "login.providers.break-glass: is the name of login.break_glass",
                   "give the provider another name");
  }
  for (const Policy& policy : config.policies) {
    for (const auto* rules : {&policy.deny, &policy.allow}) {
      for (const Rule& rule : *rules) {
        if (!rule.providers) continue;
        for (const std::string& name : *rule.providers) {
          if (config.login.break_glass && name == kBreakGlassProvider) continue;
          check_provider_name(config, name, rule.at, findings);
        }
      }
    }
  }
  for (const Route& route : config.routes) check_sign_in(config, route, findings);
  for (const Provider& provider : config.login.providers) {
    if (provider.email != EmailTrust::trusted) continue;
    if (is_any_tenant(provider)) {
      findings.error(provider.at,
                     "login.providers." + provider.name +
                         ".email: trusted with every tenant lets anybody who runs one claim any address",
                     "name the tenants, or use verified: an e-mail counts with the claim xms_edov");
    }
    findings.warn(
        provider.at,
        "login.providers." + provider.name + ".email: trusted lets this issuer claim any e-mail address",
        "only for an issuer that checks addresses itself; verified is the default");
  }
}

void warn_cookie_domain(const Config& config, Findings& findings) {
  const std::string& domain = config.login.session.cookie_domain;
  if (domain.empty()) return;
  if (is_public_suffix(domain)) {
    findings.warn({1, 1},
                  "login.session.cookie_domain: strangers own names under " + domain +
                      "; browsers refuse such a cookie",
                  "use a domain that is yours alone, or remove the key");
  }
  if (!config.login.host.empty() && !is_within_domain(config.login.host, domain)) {
    findings.warn({1, 1}, "login.session.cookie_domain: login.host is outside " + domain,
                  "use a host below it, or remove cookie_domain");
  }
  for (const Route& route : config.routes) {
    if (!is_protected(route) || is_within_domain(route.host, domain)) continue;
    findings.warn(route.at, "routes.host: " + route.host + " is outside cookie_domain " + domain,
                  "its cookie is one of its own; remove cookie_domain if that is meant for all");
  }
}

void warn_apps_at_login_host(const Config& config, Findings& findings) {
  if (!config.login.tokens || config.login.host.empty()) return;
  for (const Route& route : config.routes) {
    const auto pattern = core::HostPattern::parse(route.host);
    const bool is_there = pattern && pattern->matches(config.login.host);
    if (!is_there || !std::holds_alternative<Upstream>(route.action)) continue;
    findings.warn(route.at,
                  "routes.host: this app is at login.host, " + config.login.host +
                      ", where login.tokens lets a script of its pages make tokens",
                  "give login.host a name that no app has");
  }
}

void warn_open_policies(const Config& config, Findings& findings) {
  for (const Policy& policy : config.policies) {
    for (const Rule& rule : policy.allow) {
      if (!admits_everybody(rule)) continue;
      for (const Provider* provider : providers_of(config, rule)) {
        if (!is_open_to_the_world(*provider)) continue;
        findings.warn(
            rule.at,
            "policies." + policy.name + ": admits everybody on Earth with an account at " + provider->name,
            "name e-mails, a domain or groups" + std::string(mend_of_type(provider->type)));
      }
    }
  }
}

void warn_ambiguous_identity(const Config& config, Findings& findings) {
  std::vector<std::size_t> providers;
  providers.reserve(config.policies.size());
  for (const Policy& policy : config.policies)
    providers.push_back(providers_of_policy(config, policy).size());
  for (const Route& route : config.routes) {
    if (route.access.kind != AccessKind::policy || providers[route.access.policy] < 2) continue;
    if (!sends_shared_name(route.identity)) continue;
    findings.warn(
        route.at,
        "routes.identity: two providers can let people in here, and both could give one name to two persons",
        "restrict the policy to one provider or client, or send {sub} and {provider} too");
  }
}

}  // namespace config

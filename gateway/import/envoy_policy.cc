#include "gateway/import/envoy_policy.h"

#include <algorithm>
#include <array>

#include "config/values.h"
#include "config/yaml_writer.h"
#include "core/http/fields.h"
#include "core/text/url.h"
#include "gateway/import/first_match.h"
#include "gateway/import/proxy_draft.h"

namespace gateway {
namespace {

using config::YamlNode;
using Kind = DraftAccess::Kind;

/// Keys of a spec that are read; another may keep people out.
constexpr auto kRead = std::to_array<std::string_view>(
    {"targetRef", "targetRefs", "targetSelectors", "oidc", "jwt", "authorization", "extAuth", "cors"});
constexpr auto kPrincipals = std::to_array<std::string_view>({"clientCIDRs", "jwt"});

class PolicyDraft {
 public:
  PolicyDraft(const ImportDocument& document, const KubernetesServices& services, Draft& draft)
      : document_(document), services_(services), draft_(draft) {}

  EnvoyAccess write() {
    const YamlNode* spec = document_.root.find("spec");
    if (spec == nullptr) return {};
    for (const config::YamlEntry& entry : spec->entries) {
      if (std::ranges::find(kRead, entry.key) == kRead.end())
        close(entry.value, entry.key + " decided who passes, so nobody does");
    }
    write_cross_origin(spec->find("cors"));
    const YamlNode* oidc = spec->find("oidc");
    const YamlNode* jwt = spec->find("jwt");
    const YamlNode* engine = spec->find("extAuth");
    const YamlNode* authorization = spec->find("authorization");
    if (int{oidc != nullptr} + int{jwt != nullptr} + int{engine != nullptr} > 1)
      close(*spec, "two of oidc, jwt and extAuth at once, so nobody passes");
    if (engine != nullptr && authorization != nullptr)
      close(*spec, "authorization beside extAuth, so nobody passes");
    if (oidc != nullptr) read_oidc(*oidc);
    if (jwt != nullptr) read_jwt(*jwt);
    if (engine != nullptr) read_engine(*engine);
    if (is_closed_) return closed();
    if (oidc != nullptr || jwt != nullptr)
      write_access(authorization);
    else if (authorization != nullptr)
      close(*authorization, "a rule of addresses without a sign-in, so nobody passes");
    else if (engine == nullptr)
      out_.access.kind = Kind::open;
    return is_closed_ ? closed() : std::move(out_);
  }

 private:
  EnvoyAccess closed() {
    out_.access = {};
    return std::move(out_);
  }
  void note(const YamlNode& node, std::string what, std::string mend = {}) {
    draft_.note(document_.place(node), std::move(what), std::move(mend));
  }
  void close(const YamlNode& node, std::string what, std::string mend = {}) {
    note(node, std::move(what), std::move(mend));
    is_closed_ = true;
  }

  void read_oidc(const YamlNode& oidc) {
    const std::string issuer = text_in(oidc, {"provider", "issuer"});
    std::string id = text_in(oidc, {"clientID"});
    if (id.empty()) {
      note(oidc, "clientIDRef: the client's id is in a Secret", "write it into login.providers");
      id = "change-me";
    }
    read_places(oidc);
    for (const char* key :
         {"forwardAccessToken", "forwardIDToken", "denyRedirect", "passThroughAuthHeader"}) {
      const YamlNode* found = oidc.find(key);
      if (found == nullptr || found->text == "false") continue;
      if (std::string_view(key) == "passThroughAuthHeader")
        close(*found, "passThroughAuthHeader lets requests past the sign-in, so nobody passes");
      else
        note(*found, key, "see forward_token and unauthenticated of the routes");
    }
    const DraftEntries entries{{"type", "oidc"}, {"issuer", issuer}, {"client_id", id}};
    const auto known = std::ranges::find(draft_.providers, entries, &DraftProvider::entries);
    if (known != draft_.providers.end()) {
      base_ = {{"provider", {known->name}}};
      return;
    }
    DraftProvider provider;
    provider.name = free_name(text_in(document_.root, {"metadata", "name"}));
    provider.entries = entries;
    provider.client_secret = {DraftSecret::Kind::file,
                              "/etc/gateway/secrets/" + provider.name + "-client-secret"};
    note(oidc, "clientSecret is in the Secret " + text_in(oidc, {"clientSecret", "name"}),
         "write its client-secret into the file " + provider.client_secret.name + " (a mounted Secret)");
    provider.scopes = texts_of(oidc.find("scopes"));
    const bool has_openid = std::ranges::find(provider.scopes, "openid") != provider.scopes.end();
    if (!provider.scopes.empty() && !has_openid) provider.scopes.insert(provider.scopes.begin(), "openid");
    base_ = {{"provider", {provider.name}}};
    draft_.providers.push_back(std::move(provider));
  }

  [[nodiscard]] std::string free_name(const std::string& wanted) const {
    std::string name = name_from(wanted);
    const auto is_taken = [&name](const DraftProvider& known) { return known.name == name; };
    for (int number = 2; std::ranges::any_of(draft_.providers, is_taken); ++number)
      name = name_from(wanted) + "-" + std::to_string(number);
    return name;
  }

  void read_places(const YamlNode& oidc) {
    const auto url = core::parse_url(text_in(oidc, {"redirectURL"}));
    if (!url || !draft_.login_host.empty()) return;
    draft_.login_host = url->authority.host;
    constexpr std::string_view kCallback = "/callback";
    if (url->path.ends_with(kCallback) && url->path.size() > kCallback.size())
      draft_.login_prefix = url->path.substr(0, url->path.size() - kCallback.size());
    if (draft_.login_prefix == "/oauth2") draft_.login_prefix.clear();
    draft_.remark("the provider must know the redirect URI https://" + draft_.login_host +
                  (draft_.login_prefix.empty() ? "/oauth2" : draft_.login_prefix) + "/callback");
  }

  void read_jwt(const YamlNode& jwt) {
    if (text_in(jwt, {"optional"}) == "true") close(jwt, "an optional token, so nobody passes");
    std::vector<std::string> all;
    for (const YamlNode* provider : items_of(jwt.find("providers"))) {
      const std::string name = text_in(*provider, {"name"});
      const std::string issuer = text_in(*provider, {"issuer"});
      const std::vector<std::string> audiences = texts_of(provider->find("audiences"));
      if (issuer.empty() || audiences.empty()) {
        close(*provider, "tokens without an issuer or an audience, so nobody passes",
              "name both in login.clients");
        continue;
      }
      for (const std::string& audience : audiences)
        clients_.emplace_back(name, add_client(name, issuer, audience));
      for (const YamlNode* field : items_of(provider->find("claimToHeaders"))) {
        const std::string header = text_in(*field, {"header"});
        const std::string claim = text_in(*field, {"claim"});
        if (core::is_token(header) && claim.find_first_of("{}: ") == std::string::npos)
          out_.identity_fields.emplace_back(header, "{claim." + claim + "}");
      }
    }
    for (const auto& [provider, client] : clients_) all.push_back(client);
    base_ = {{"client", all}};
  }

  std::string add_client(const std::string& name, const std::string& issuer, const std::string& audience) {
    std::string own = name_from(name);
    for (int number = 2;; ++number) {
      const auto known = std::ranges::find(draft_.clients, own, &DraftClient::name);
      if (known == draft_.clients.end()) break;
      if (known->issuer == issuer && known->audience == audience) return own;
      own = name_from(name) + "-" + std::to_string(number);
    }
    draft_.clients.push_back({own, issuer, audience});
    return own;
  }

  /// Envoy adds the path of the request to that of the service.
  void read_engine(const YamlNode& engine) {
    const YamlNode* http = engine.find("http");
    if (http == nullptr) return close(engine, "extAuth by gRPC, so nobody passes", "ask the service by HTTP");
    const YamlNode* backend = http->find("backendRef");
    const std::vector<const YamlNode*> backends = items_of(http->find("backendRefs"));
    if (backend == nullptr && backends.size() == 1) backend = backends.front();
    if (backend == nullptr) return close(*http, "extAuth without one service, so nobody passes");
    const std::string space = text_in(*backend, {"namespace"});
    std::string path = text_in(*http, {"path"});
    if (!path.starts_with('/')) path.insert(0, "/");
    if (!path.ends_with('/')) path += "/";
    const std::string url = services_.url("http", space.empty() ? namespace_of(document_.root) : space,
                                          text_in(*backend, {"name"}), text_in(*backend, {"port"}));
    if (url.empty()) return close(*backend, "extAuth without a port, so nobody passes");
    out_.access.kind = Kind::engine;
    out_.access.engine = {url + path, "ext_authz", texts_of(http->find("headersToBackend"))};
    if (const YamlNode* sent = engine.find("headersToExtAuth"))
      note(*sent, "headersToExtAuth", "see authorize.send");
  }

  void write_access(const YamlNode* authorization) {
    const std::string name = name_from(text_in(document_.root, {"metadata", "name"}));
    std::vector<OrderedRule> rules;
    bool admits_rest = authorization == nullptr;
    if (authorization != nullptr) {
      for (const YamlNode* node : items_of(authorization->find("rules"))) rules.push_back(rule_of(*node));
      admits_rest = text_in(*authorization, {"defaultAction"}) == "Allow";
    }
    if (admits_rest) rules.push_back({{base_}, true, 0, {}});
    out_.access = access_by(rules, name, draft_);
  }

  OrderedRule rule_of(const YamlNode& node) {
    OrderedRule rule;
    rule.admits = text_in(node, {"action"}) == "Allow";
    if (!rule.admits && text_in(node, {"action"}) != "Deny")
      close(node, "an action that is not known, so nobody passes");
    DraftRule tests;
    for (const config::YamlEntry& entry : node.entries) {
      if (entry.key == "principal")
        read_principal(entry.value, tests);
      else if (entry.key == "operation")
        read_operation(entry.value, tests);
      else if (entry.key != "name" && entry.key != "action")
        close(entry.value, entry.key + " of a rule, so nobody passes");
    }
    const bool names_machines =
        std::ranges::any_of(tests, [](const DraftTest& test) { return test.name == "client"; });
    if (rule.admits && !names_machines) tests.insert(tests.begin(), base_.begin(), base_.end());
    if (!tests.empty()) rule.fits.push_back(std::move(tests));
    return rule;
  }

  void read_principal(const YamlNode& principal, DraftRule& tests) {
    for (const config::YamlEntry& entry : principal.entries)
      if (std::ranges::find(kPrincipals, entry.key) == kPrincipals.end())
        close(entry.value, entry.key + " of a principal, so nobody passes");
    const std::vector<std::string> networks = texts_of(principal.find("clientCIDRs"));
    for (const std::string& network : networks)
      if (!config::parse_network(network)) close(principal, "the network " + network + ", so nobody passes");
    if (!networks.empty()) tests.push_back({"ip", networks});
    const YamlNode* jwt = principal.find("jwt");
    if (jwt == nullptr) return;
    if (const std::string provider = text_in(*jwt, {"provider"}); !clients_.empty()) {
      std::vector<std::string> names;
      for (const auto& [known, client] : clients_)
        if (known == provider) names.push_back(client);
      if (names.empty())
        return close(*jwt, "tokens of the unknown provider " + provider + ", so nobody passes");
      tests.push_back({"client", names});
    }
    for (const YamlNode* claim : items_of(jwt->find("claims")))
      add_claim(*claim, text_in(*claim, {"name"}), texts_of(claim->find("values")), tests);
    const std::vector<std::string> scopes = texts_of(jwt->find("scopes"));
    if (scopes.size() > 1) close(*jwt, "several scopes at once, so nobody passes");
    if (scopes.size() == 1) add_claim(*jwt, "scope", scopes, tests);
  }

  void add_claim(const YamlNode& at, const std::string& name, std::vector<std::string> values,
                 DraftRule& tests) {
    const auto is_same = [&name](const DraftTest& test) {
      return test.name == "claim" && test.values.front() == name;
    };
    if (name.empty() || values.empty() || std::ranges::any_of(tests, is_same))
      return close(at, "a claim without a name, without values, or twice, so nobody passes");
    values.insert(values.begin(), name);
    tests.push_back({"claim", std::move(values)});
  }

  void read_operation(const YamlNode& operation, DraftRule& tests) {
    for (const config::YamlEntry& entry : operation.entries)
      if (entry.key != "methods") close(entry.value, entry.key + " of an operation, so nobody passes");
    const std::vector<std::string> methods = texts_of(operation.find("methods"));
    if (!methods.empty()) tests.push_back({"method", methods});
  }

  void write_cross_origin(const YamlNode* cors) {
    if (cors == nullptr) return;
    const std::vector<std::string> origins = texts_of(cors->find("allowOrigins"));
    const bool has_star =
        std::ranges::any_of(origins, [](const std::string& o) { return o.find('*') != std::string::npos; });
    if (origins.empty() || has_star)
      return note(*cors, "cors of origins by pattern", "see cors of the routes");
    out_.cors.emplace_back("origins", config::list_of(origins));
    if (text_in(*cors, {"allowCredentials"}) == "true") out_.cors.emplace_back("credentials", "true");
    for (const auto& [theirs, ours] :
         {std::pair("allowMethods", "methods"), std::pair("allowHeaders", "headers"),
          std::pair("exposeHeaders", "expose")})
      if (const auto list = texts_of(cors->find(theirs)); !list.empty())
        out_.cors.emplace_back(ours, config::list_of(list));
  }

  const ImportDocument& document_;
  const KubernetesServices& services_;
  Draft& draft_;
  EnvoyAccess out_;
  DraftRule base_;                                            ///< whoever the sign-in, or the tokens, admit
  std::vector<std::pair<std::string, std::string>> clients_;  ///< provider of tokens, and one client of it
  bool is_closed_ = false;
};

}  // namespace

EnvoyAccess draft_envoy_policy(const ImportDocument& document, const KubernetesServices& services,
                               Draft& draft) {
  return PolicyDraft(document, services, draft).write();
}

}  // namespace gateway

// login.clients: machines, whose tokens they are and what these must say.
#include <algorithm>
#include <utility>

#include "config/parse.h"
#include "config/values.h"

namespace config {
namespace {

constexpr std::size_t kMaxClients = 100;
constexpr std::size_t kMaxRequiredScopes = 50;
constexpr std::chrono::seconds kUsualCache{30};
constexpr std::chrono::seconds kLongestCache = std::chrono::minutes(5);

void read_scopes(MapReader& map, Client& out) {
  const YamlNode* node = map.take("scopes");
  if (node == nullptr) return;
  read_list(*node, map.path("scopes"), map.findings(), out.scopes, parse_scope);
  if (out.scopes.size() > kMaxRequiredScopes || (node->is_list() && node->items.empty())) {
    map.findings().error(node->at, map.path("scopes") + ": expected one to 50 scopes that a token must have");
  }
}

/// Who we are when we ask, and how long an answer is good for: what is revoked meanwhile goes on.
void read_introspection(MapReader& map, Inputs& inputs, Client& out) {
  const YamlNode* node = map.take("introspection");
  if (node == nullptr || is_off(*node)) return;
  MapReader introspection(*node, map.path("introspection"), inputs.findings);
  if (node->is_map()) read_client(introspection, inputs, out.issuer);
  std::chrono::seconds cache = kUsualCache;
  if (introspection.value("cache", cache, parse_seconds) && cache > kLongestCache) {
    inputs.findings.error(introspection.at("cache"), introspection.path("cache") + ": expected at most 5m",
                          "a token that is revoked at its issuer counts here for so long");
  }
  out.introspection_cache = cache;
  introspection.finish();
}

Client parse_machine(const YamlEntry& entry, Inputs& inputs) {
  Client out;
  out.name = entry.key;
  out.at = entry.at;
  const std::string name = "login.clients." + entry.key;
  if (const auto valid = parse_name(entry.key); !valid) {
    inputs.findings.error(entry.at, name + ": " + valid.error().text);
  }
  out.issuer.name = "clients." + entry.key;
  out.issuer.title = entry.key;
  out.issuer.use = ProviderUse::tokens;
  out.issuer.email = EmailTrust::ignored;  // a machine has none, whatever its token says
  out.issuer.at = entry.at;
  MapReader map(entry.value, name, inputs.findings);
  if (!entry.value.is_map()) return out;
  read_issuer(map, {}, out.issuer);
  if (!map.value("audience", out.audience, parse_line) && !map.has("audience")) {
    inputs.findings.error(
        entry.at, map.path("audience") + ": is missing",
        "write what the claim aud of its tokens must name: any service's would do otherwise");
  }
  read_scopes(map, out);
  read_claim_names(map, out.issuer.claims);
  read_introspection(map, inputs, out);
  read_way_to_issuer(map, inputs, out.issuer);
  map.finish();
  return out;
}

}  // namespace

void parse_clients(const YamlNode& node, Inputs& inputs, std::vector<Client>& out) {
  if (!node.is_map()) {
    inputs.findings.error(node.at, "login.clients: expected a map from a name to a client");
    return;
  }
  if (node.entries.size() > kMaxClients) {
    inputs.findings.error(node.at, "login.clients: more than " + std::to_string(kMaxClients) + " clients");
    return;
  }
  for (const YamlEntry& entry : node.entries) out.push_back(parse_machine(entry, inputs));
}

}  // namespace config

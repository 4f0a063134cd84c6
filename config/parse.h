// The parts of gateway.yaml, one function a section: from the tree to the plain values of types.h. They
// report and go on; what they return is only good if there were no errors. Rules across sections are in
// check.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/loader.h"
#include "config/map_reader.h"
#include "config/types.h"
#include "config/yaml_tree.h"

namespace config {

/// What parsing needs besides the tree.
struct Inputs {
  const Environment& environment;
  Findings& findings;
  std::vector<std::string>& files;  ///< every file that was read or checked
};

/// The whole file.
Config parse_file(const YamlNode& root, Inputs& inputs);

// parse_listen
void parse_listen(const YamlNode& node, Inputs& inputs, Listen& out);
/// The addresses under `key`; `fallback` if the file does not have it, none if it is off.
std::vector<ListenAddress> read_addresses(MapReader& map, std::string_view key,
                                          std::vector<ListenAddress> fallback);
// parse_proxies
/// plain, proxy_protocol, trusted_proxies and client_ip_header of listen.
void read_proxies(MapReader& map, Inputs& inputs, Listen& out);
/// A list of networks by its name in messages, and what a wide one means.
struct NetworkList {
  std::string name;
  std::string danger;
};
std::vector<core::Network> read_networks(const YamlNode& node, const NetworkList& list, Findings& findings);

// parse_control
/// Where the control socket is if the file does not say it: below $RUNTIME_DIRECTORY, else nowhere.
std::string default_control(const Environment& environment);
void read_control(MapReader& map, Inputs& inputs, std::string& out);
/// listen.admin and listen.admin_token.
void read_admin(MapReader& map, Inputs& inputs, Listen& out);

// parse_listen, continued
void parse_limits(const YamlNode& node, Inputs& inputs, ListenerLimits& out);
void parse_shutdown(const YamlNode& node, Inputs& inputs, Shutdown& out);
void parse_log(const YamlNode& node, Inputs& inputs, LogSettings& out);
void parse_tls(const YamlNode& node, Inputs& inputs, Tls& out);
// parse_acme
Acme parse_acme(const YamlNode& node, Inputs& inputs);

// parse_kubernetes
/// NAMESPACE/SERVICE:PORT, PORT a number or the name of one of the service's ports.
core::Result<core::KubernetesService> parse_kubernetes_service(std::string_view text);
/// kubernetes: who we are in the cluster, and where. Behind storage, whose account it is unless another is
/// written.
void read_kubernetes(MapReader& map, const Storage& storage, Kubernetes& out);

// parse_storage, parse_keys
/// storage and storage_key.
void read_storage(MapReader& map, Inputs& inputs, Storage& out);
/// redis://HOST… or {redis: URL, …}; false for what is neither, of which nothing was said.
bool read_redis_address(const YamlNode& node, std::string_view path, Inputs& inputs, RedisAddress& out);
/// parse_session
void parse_session(const YamlNode& node, Inputs& inputs, SessionSettings& out);
/// The texts of secrets become the 32 bytes that seal. `name` is how messages call the key.
void parse_seal_keys(const YamlNode& node, const std::string& name, Inputs& inputs,
                     std::vector<ConfiguredSecret>& out);

// parse_tracing
void parse_tracing(const YamlNode& node, Inputs& inputs, std::optional<Tracing>& out);

// parse_login, parse_provider, parse_provider_type
void parse_login(const YamlNode& node, Inputs& inputs, const std::vector<Policy>& policies, Login& out);
// parse_auth_check
void parse_auth_check(const YamlNode& node, Inputs& inputs, const std::vector<Policy>& policies,
                      std::optional<AuthCheck>& out);
Provider parse_provider(const YamlEntry& entry, Inputs& inputs);
/// scope-token of RFC 6749 section 3.3.
core::Result<std::string> parse_scope(std::string_view text);
/// `claims`: which claim fills which part of the identity.
void read_claim_names(MapReader& map, ClaimNames& out);
/// `ca` and `connect_to`: how an issuer is reached.
void read_way_to_issuer(MapReader& map, Inputs& inputs, Provider& out);
/// The type, with the keys that only it knows; what it presets is in `out` then. False if nothing more can be
/// said about this provider.
bool read_provider_type(MapReader& map, Provider& out);
/// provider_refresh: what the type needs in its authorization request to give a refresh token; what the file
/// says about it stays.
void ask_for_refresh_token(Provider& provider);
/// `issuer`. `fallback`: where the type's accounts usually are; empty: the key is required.
void read_issuer(MapReader& map, std::string_view fallback, Provider& out);
/// `prompt` of an authorization request.
core::Result<std::string> parse_prompt(std::string_view text);
/// `acr_values`: names with one blank between each.
core::Result<std::string> parse_acr_values(std::string_view text);
/// `policy`, which must exist.
void read_policy_name(MapReader& map, const std::vector<Policy>& policies, std::optional<std::size_t>& out);
// parse_tokens
void parse_personal_tokens(const YamlNode& node, Inputs& inputs, const std::vector<Policy>& policies,
                           std::optional<PersonalTokenSettings>& out);
// parse_break_glass
void parse_break_glass(const YamlNode& node, Inputs& inputs, std::optional<BreakGlass>& out);
// parse_client_certificates
void parse_client_certificates(const YamlNode& node, Inputs& inputs, std::vector<CertificateClient>& out);
// parse_clients
void parse_clients(const YamlNode& node, Inputs& inputs, std::vector<Client>& out);

// parse_client
/// client_id, and one of client_secret, client_key and client_certificate. Requires: the type was read.
void read_client(MapReader& map, Inputs& inputs, Provider& out);
/// A dotted path or a list of steps; reports what is neither.
bool read_claim_path(const YamlNode& node, std::string_view name, Findings& findings, ClaimPath& out);
/// "a.b.c" as a path.
core::Result<ClaimPath> parse_claim_path(std::string_view text);

// parse_approval
/// approval of a policy. The name of its admins, a policy that the file may hold further below.
std::optional<std::string> read_approval(MapReader& map, Inputs& inputs, Policy& out);

// parse_policy, parse_rule
std::vector<Policy> parse_policies(const YamlNode& node, Inputs& inputs);
/// A policy that a key names.
struct PolicySought {
  const std::vector<Policy>& policies;
  const std::string& name;
  Position at;
  std::string key;  ///< "routes[0].policy: ", or nothing
};
/// Its index; reports one that is not there, with the nearest name that is.
std::optional<std::size_t> find_policy(const PolicySought& sought, Findings& findings);
/// A rule, and the policies that it names, which are not known before all are read.
struct RuleReading {
  Rule rule;
  std::optional<std::vector<std::string>> policies;
};
RuleReading parse_rule(const YamlNode& node, const std::string& name, Inputs& inputs);

/// What routes without a key get: every member as a route has it, but for what says where it is and what
/// answers.
struct RouteDefaults {
  Route route;
  Upstream upstream;
  bool has_access = false;
  const YamlNode* excepts = nullptr;  ///< of which a route gets those that are inside its path
};

// parse_route, parse_route_parts, parse_headers
void parse_defaults(const YamlNode& node, Inputs& inputs, const std::vector<Policy>& policies,
                    RouteDefaults& out);
std::vector<Route> parse_routes(const YamlNode& node, Inputs& inputs, const RouteDefaults& defaults,
                                const std::vector<Policy>& policies);
/// public, policy and authorize, of a route or an except.
struct AccessReading {
  Access access;
  bool was_given = false;  ///< one of them was written
};
AccessReading read_access(MapReader& map, Inputs& inputs, const std::vector<Policy>& policies);
// parse_authorize
std::optional<Authorize> read_authorize(MapReader& map, Inputs& inputs);
void read_unauthenticated(MapReader& map, Unauthenticated& out);
void parse_excepts(const YamlNode& node, Inputs& inputs, const std::vector<Policy>& policies, Route& route);
/// Whether `except` is inside the route's path and none of its own.
bool is_inside(const PathPattern& except, const PathPattern& route);
void parse_identity(const YamlNode& node, const std::string& name, Findings& findings, Identity& out);
// What is in `out` already comes first, and gives way to the route's own.
void parse_request_headers(const YamlNode& node, const std::string& name, Findings& findings,
                           HeaderEdits& out);
void parse_response_headers(const YamlNode& node, const std::string& name, Findings& findings,
                            HeaderEdits& out);
bool read_redirect(MapReader& map, Redirect& out);
bool read_respond(MapReader& map, Respond& out);

// parse_app
/// app: what it presets is in `out` then, for the keys that are read after it.
void read_app(MapReader& map, Route& out);
/// The public sub-paths of its app. Requires: path and access are settled.
void add_app_excepts(Route& route);

// parse_credentials
/// basic, or off.
void read_basic(MapReader& map, Inputs& inputs, std::optional<BasicCredentials>& out);
void read_forward_token(MapReader& map, ForwardToken& out);

// parse_rate
/// limits of a route or of defaults.
void parse_request_limits(const YamlNode& node, const std::string& name, Findings& findings,
                          RequestLimits& out);
/// A rate, or off.
void parse_rate(const YamlNode& node, const std::string& name, Findings& findings,
                std::optional<RateLimit>& out);

// parse_match
core::Result<std::string> parse_method(std::string_view text);
void read_methods(MapReader& map, std::vector<std::string>& out);
void read_path_pattern(MapReader& map, PathPattern& out);
void read_header_matches(MapReader& map, std::vector<HeaderMatch>& out);

// parse_path_change
void read_path_change(MapReader& map, PathChange& out);
/// What only the whole route tells: whether there is a prefix, which groups there are.
void settle_path_change(MapReader& map, Route& route);

// parse_cross_origin
core::Result<std::string> parse_web_origin(std::string_view text);
void read_cross_origin(MapReader& map, Route& route);
/// Methods that were not written are the route's.
void settle_cross_origin(Route& route);

// parse_origins
/// `to`.
void read_origins(MapReader& map, Findings& findings, std::vector<OriginUrl>& out);
void read_client_certificate(MapReader& tls, Inputs& inputs, UpstreamTls& out);
/// proxy_protocol of a route. Requires: the origins were read.
void read_sent_proxy_header(MapReader& map, Upstream& out);

// parse_upstream
bool read_upstream(MapReader& map, Inputs& inputs, Upstream& out);
/// tls, upstream_host, balance, health, circuit, retry and slow_start, of a route or of defaults.
void read_upstream_settings(MapReader& map, Inputs& inputs, Upstream& out);
/// A duration that is more than nothing, or off.
void read_time_or_off(MapReader& map, std::string_view key, std::optional<std::chrono::milliseconds>& out);
void parse_timeouts(const YamlNode& node, const std::string& name, Findings& findings, Timeouts& out);

/// Reads one of the words in `table` (pairs of text and value).
template <typename T, typename Table>
core::Result<T> parse_word(std::string_view text, const Table& table) {
  std::string all;
  for (const auto& [word, value] : table) {
    if (text == word) return value;
    all.append(all.empty() ? "" : ", ").append(word);
  }
  return core::failure(core::ErrorKind::malformed, core::Side::configuration, "expected one of " + all);
}

/// Checks that the file at the scalar `node` can be opened, and notes it. False after reporting.
bool read_file_name(const YamlNode& node, std::string_view name, Inputs& inputs, std::string& out);

}  // namespace config

// login.providers: one identity provider; what its type presets and refuses is parse_provider_type.cc's.
#include <algorithm>
#include <array>
#include <utility>

#include "config/extra_parameters.h"
#include "config/parse.h"
#include "config/suggest.h"
#include "config/values.h"
#include "core/text/utf8.h"

namespace config {
namespace {

constexpr std::size_t kMaxScopes = 50;
constexpr std::size_t kMaxAcrValues = 512;
constexpr std::size_t kMaxExtra = 32;
constexpr std::size_t kMaxClaimSteps = 16;
constexpr std::array<std::pair<std::string_view, EmailTrust>, 3> kEmailTrusts{
    {{"verified", EmailTrust::verified}, {"trusted", EmailTrust::trusted}, {"ignored", EmailTrust::ignored}}};
constexpr std::array<std::pair<std::string_view, ClaimSource>, 3> kClaimSources{
    {{"id_token", ClaimSource::id_token},
     {"userinfo", ClaimSource::userinfo},
     {"access_token", ClaimSource::access_token}}};
constexpr std::array<std::pair<std::string_view, UserinfoToken>, 2> kUserinfoTokens{
    {{"header", UserinfoToken::header}, {"body", UserinfoToken::body}}};
constexpr std::array<std::string_view, 4> kPrompts{"login", "consent", "select_account", "create"};

std::unexpected<core::Error> expected(std::string text) {
  return core::failure(core::ErrorKind::malformed, core::Side::configuration, "expected " + std::move(text));
}

void read_scopes(MapReader& map, Provider& out) {
  const YamlNode* node = map.take("scopes");
  if (node == nullptr) return;
  const std::string name = map.path("scopes");
  read_list(*node, name, map.findings(), out.scopes, parse_scope);
  const bool is_openid = out.type != ProviderType::github;
  if (is_openid && std::ranges::find(out.scopes, "openid") == out.scopes.end()) {
    map.findings().error(node->at, name + ": openid is missing",
                         "add openid: without it there is no ID token");
  }
  if (out.scopes.size() > kMaxScopes) map.findings().error(node->at, name + ": too many scopes");
}

void read_extra(MapReader& map, Provider& out) {
  const YamlNode* node = map.take("extra");
  if (node == nullptr) return;
  if (!node->is_map() || node->entries.size() > kMaxExtra) {
    map.findings().error(node->at, map.path("extra") + ": expected a map of up to 32 request parameters");
    return;
  }
  for (const YamlEntry& entry : node->entries) {
    const std::string name = map.path("extra") + "." + entry.key;
    std::string value;
    if (!read_scalar(entry.value, name, map.findings(), value, parse_line)) continue;
    if (!parse_scope(entry.key)) {
      map.findings().error(entry.at, name + ": expected the name of a parameter");
    } else if (is_own_parameter(entry.key)) {
      map.findings().error(entry.at, name + ": this parameter is the gateway's own", "remove it");
    } else if (!is_usable_parameter(entry.key, value)) {
      map.findings().error(entry.at, name + ": expected query or form_post");
    }
    out.extra.emplace_back(entry.key, std::move(value));
  }
}

void read_claims_from(MapReader& map, Provider& out) {
  const YamlNode* node = map.take("claims_from");
  if (node == nullptr) return;
  const std::string name = map.path("claims_from");
  if (out.type == ProviderType::github) {
    map.findings().error(node->at, name + ": type: github has no tokens with claims", "remove it");
    return;
  }
  out.claims_from.clear();
  for (const YamlNode* item : one_or_list(*node)) {
    ClaimSource source{};
    const auto parse = [](std::string_view text) { return parse_word<ClaimSource>(text, kClaimSources); };
    if (!read_scalar(*item, name, map.findings(), source, parse)) continue;
    if (source == ClaimSource::access_token && out.type != ProviderType::keycloak) {
      map.findings().error(item->at, name + ": access_token is only for type: keycloak",
                           "an access token of another provider is not for the gateway to read");
    }
    if (std::ranges::find(out.claims_from, source) != out.claims_from.end()) {
      map.findings().error(item->at, name + ": this source stands twice");
    }
    out.claims_from.push_back(source);
  }
  if (node->is_list() && node->items.empty()) map.findings().error(node->at, name + ": the list is empty");
}

}  // namespace

core::Result<std::string> parse_scope(std::string_view text) {
  const bool is_token =
      std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
  if (text.empty() || !is_token) return expected("a scope: one word");
  return std::string(text);
}

void read_claim_names(MapReader& map, ClaimNames& out) {
  const YamlNode* node = map.take("claims");
  if (node == nullptr) return;
  MapReader claims(*node, map.path("claims"), map.findings());
  for (auto [key, path] :
       {std::pair("user", &out.user), std::pair("email", &out.email), std::pair("name", &out.name),
        std::pair("preferred_username", &out.preferred_username), std::pair("groups", &out.groups)}) {
    const YamlNode* value = claims.take(key);
    if (value != nullptr) read_claim_path(*value, claims.path(key), map.findings(), *path);
  }
  if (const YamlNode* roles = claims.take("roles")) {
    ClaimPath path;
    if (read_claim_path(*roles, claims.path("roles"), map.findings(), path)) out.roles = path;
  }
  claims.finish();
}

void read_way_to_issuer(MapReader& map, Inputs& inputs, Provider& out) {
  if (const YamlNode* ca = map.take("ca")) read_file_name(*ca, map.path("ca"), inputs, out.ca_file);
  if (core::Url url; map.value("connect_to", url, parse_origin)) out.connect_to = std::move(url);
}

core::Result<std::string> parse_prompt(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (std::ranges::find(kPrompts, rest.substr(0, end)) == kPrompts.end()) break;
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (rest.empty() && !text.ends_with(' ')) return std::string(text);
  }
  return expected("login, consent, select_account or create");
}

core::Result<std::string> parse_acr_values(std::string_view text) {
  if (text.empty() || text.size() > kMaxAcrValues || text.front() == ' ' || text.back() == ' ' ||
      text.contains("  ") || !core::is_plain_text(text)) {
    return expected("names of authentication contexts with a blank between");
  }
  return std::string(text);
}

core::Result<ClaimPath> parse_claim_path(std::string_view text) {
  ClaimPath path;
  path.literal = text;
  std::string_view rest = text;
  while (true) {
    const std::size_t dot = rest.find('.');
    path.steps.emplace_back(rest.substr(0, dot));
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  const bool has_empty =
      std::ranges::any_of(path.steps, [](const std::string& step) { return step.empty(); });
  if (has_empty || path.steps.size() > kMaxClaimSteps || !core::is_plain_text(text)) {
    return expected("the name of a claim, or names joined by dots");
  }
  return path;
}

bool read_claim_path(const YamlNode& node, std::string_view name, Findings& findings, ClaimPath& out) {
  if (!node.is_list()) return read_scalar(node, name, findings, out, parse_claim_path);
  ClaimPath path;
  read_list(node, name, findings, path.steps, parse_line);
  if (path.steps.empty() || path.steps.size() > kMaxClaimSteps) {
    findings.error(node.at, std::string(name) + ": expected one to 16 names, from the top of the claims");
    return false;
  }
  out = std::move(path);
  return true;
}

Provider parse_provider(const YamlEntry& entry, Inputs& inputs) {
  Provider out;
  out.name = entry.key;
  out.title = entry.key;
  out.at = entry.at;
  const std::string name = "login.providers." + entry.key;
  if (const auto valid = parse_name(entry.key); !valid) {
    inputs.findings.error(entry.at, name + ": " + valid.error().text);
  }
  MapReader map(entry.value, name, inputs.findings);
  if (!entry.value.is_map() || !read_provider_type(map, out)) return out;
  map.value("title", out.title, parse_line);
  read_client(map, inputs, out);
  read_scopes(map, out);
  map.value("prompt", out.prompt, parse_prompt);
  map.value("acr_values", out.acr_values, parse_acr_values);
  read_extra(map, out);
  read_claim_names(map, out.claims);
  read_claims_from(map, out);
  if (out.type != ProviderType::github) {
    map.value("userinfo_token", out.userinfo_token,
              [](std::string_view text) { return parse_word<UserinfoToken>(text, kUserinfoTokens); });
  }
  map.value("email", out.email,
            [](std::string_view text) { return parse_word<EmailTrust>(text, kEmailTrusts); });
  read_way_to_issuer(map, inputs, out);
  map.finish();
  return out;
}

}  // namespace config

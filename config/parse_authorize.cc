// routes.authorize: another decision engine, how it is asked, and what of its answer counts.
#include <algorithm>
#include <array>
#include <utility>

#include "config/header_rules.h"
#include "config/parse.h"
#include "config/values.h"
#include "core/http/fields.h"

namespace config {
namespace {

constexpr std::size_t kMaxNames = 32;
constexpr std::chrono::seconds kMaxTimeout{60};
constexpr std::chrono::seconds kShortestRecheck{1};
constexpr std::chrono::hours kLongestRecheck{1};
constexpr std::array<std::pair<std::string_view, EngineConvention>, 3> kConventions{
    {{"forward_auth", EngineConvention::forward_auth},
     {"auth_request", EngineConvention::auth_request},
     {"ext_authz", EngineConvention::ext_authz}}};

core::Result<core::Url> parse_engine_url(std::string_view text) {
  auto url = core::parse_url(text);
  if (url && (url->scheme == "http" || url->scheme == "https")) return url;
  return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                       "expected an http or https URL");
}

core::Result<std::string> parse_field_name(std::string_view text) {
  if (core::is_token(text)) return std::string(text);
  return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                       "expected the name of a header field");
}

/// `reason` says why a name must not stand there.
void read_names(MapReader& map, std::string_view key, std::vector<std::string>& out,
                std::string_view (*reason)(std::string_view name)) {
  const YamlNode* node = map.take(key);
  if (node == nullptr) return;
  read_list(*node, map.path(key), map.findings(), out, parse_field_name);
  if (out.size() > kMaxNames) map.findings().error(node->at, map.path(key) + ": more than 32 names");
  std::vector<std::string> seen;
  for (const std::string& name : out) {
    if (const std::string_view why = reason(name); !why.empty())
      map.findings().error(node->at, map.path(key) + ": " + name + ": " + std::string(why));
    std::string folded = folded_name(name);
    if (std::ranges::find(seen, folded) != seen.end())
      map.findings().error(node->at, map.path(key) + ": " + name + " is there twice");
    seen.push_back(std::move(folded));
  }
}

std::string_view reserved_in_questions(std::string_view name) {
  return folded_name(name) == "cookie" ? std::string_view() : reserved_in_requests(name);
}

}  // namespace

std::optional<Authorize> read_authorize(MapReader& map, Inputs& inputs) {
  const YamlNode* node = map.take("authorize");
  if (node == nullptr) return std::nullopt;
  MapReader authorize(*node, map.path("authorize"), map.findings());
  Authorize out;
  if (!authorize.value("url", out.url, parse_engine_url) && node->is_map() && !authorize.has("url"))
    map.findings().error(node->at, authorize.path("url") + ": is missing");
  if (out.url.path.ends_with('/') && out.url.path.size() > 1) out.convention = EngineConvention::ext_authz;
  authorize.value("convention", out.convention,
                  [](std::string_view text) { return parse_word<EngineConvention>(text, kConventions); });
  if (out.convention == EngineConvention::ext_authz && !out.url.query.empty())
    map.findings().error(authorize.at("url"),
                         authorize.path("url") + ": with ext_authz the query is the request's own",
                         "remove the query");
  read_names(authorize, "send", out.send, reserved_in_questions);
  read_names(authorize, "identity", out.identity, reserved_as_identity);
  if (authorize.value("timeout", out.timeout, parse_duration) &&
      (out.timeout <= out.timeout.zero() || out.timeout > kMaxTimeout))
    map.findings().error(authorize.at("timeout"), authorize.path("timeout") + ": expected 1ms to 60s");
  if (authorize.value("recheck", out.recheck, parse_duration) &&
      (out.recheck < kShortestRecheck || out.recheck > kLongestRecheck))
    map.findings().error(authorize.at("recheck"), authorize.path("recheck") + ": expected 1s to 1h");
  if (const YamlNode* ca = authorize.take("ca"))
    read_file_name(*ca, authorize.path("ca"), inputs, out.ca_file);
  authorize.finish();
  return out;
}

}  // namespace config

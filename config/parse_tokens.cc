// login.tokens: personal tokens, who may have them made and for how long.
#include <utility>

#include "config/parse.h"
#include "config/values.h"

namespace config {
namespace {

constexpr std::chrono::hours kShortest{24};
constexpr std::chrono::hours kLongest{24 * 366};

}  // namespace

void parse_personal_tokens(const YamlNode& node, Inputs& inputs, const std::vector<Policy>& policies,
                           std::optional<PersonalTokenSettings>& out) {
  if (is_off(node)) return;
  MapReader map(node, "login.tokens", inputs.findings);
  PersonalTokenSettings settings;
  std::optional<std::size_t> policy;
  read_policy_name(map, policies, policy);
  if (node.is_map() && !map.has("policy")) {
    inputs.findings.error(node.at, "login.tokens.policy: is missing",
                          "name the policy of those who may have tokens");
  }
  settings.policy = policy.value_or(policies.size());
  if (map.value("lifetime", settings.lifetime, parse_seconds) &&
      (settings.lifetime < kShortest || settings.lifetime > kLongest)) {
    inputs.findings.error(map.at("lifetime"), map.path("lifetime") + ": expected a duration from 1d to 366d");
  }
  map.finish();
  out = settings;
}

}  // namespace config

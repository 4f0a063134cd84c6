// limits.rate of routes and login.rate: "50/s", or a map with the burst and whose requests count together.
#include <array>
#include <utility>

#include "config/parse.h"
#include "config/values.h"

namespace config {
namespace {

constexpr std::uint64_t kMaxRequests = 1'000'000;
constexpr std::uint64_t kMaxBurst = 1'000'000;
constexpr std::uint64_t kMaxPerSecond = 100'000;  // the account is kept in microseconds
constexpr std::chrono::hours kMaxWindow{24};
constexpr std::array<std::pair<std::string_view, std::chrono::seconds>, 3> kPeriods{
    {{"/s", std::chrono::seconds(1)}, {"/m", std::chrono::minutes(1)}, {"/h", std::chrono::hours(1)}}};
constexpr std::array<std::pair<std::string_view, RatePer>, 3> kPer{
    {{"address", RatePer::address}, {"user", RatePer::user}, {"route", RatePer::route}}};

/// In which all of the burst is given back.
std::chrono::seconds window_of(const RateLimit& rate) {
  return rate.period * static_cast<std::int64_t>(rate.burst) / static_cast<std::int64_t>(rate.requests);
}

core::Result<RateLimit> parse_frequency(std::string_view text) {
  for (const auto& [ending, period] : kPeriods) {
    if (!text.ends_with(ending)) continue;
    const auto count = parse_count(text.substr(0, text.size() - ending.size()));
    if (!count || *count == 0 || *count > kMaxRequests) break;
    const auto seconds = static_cast<std::uint64_t>(period.count());
    if (*count > kMaxPerSecond * seconds) break;
    return RateLimit{*count, period, *count, RatePer::address};
  }
  return core::failure(core::ErrorKind::malformed, core::Side::configuration,
                       "expected a rate such as 50/s, 600/m or 1000/h, at most 100000/s");
}

void read_burst(MapReader& map, RateLimit& out) {
  if (!map.value("burst", out.burst, parse_count)) return;
  if (out.burst == 0 || out.burst > kMaxBurst) {
    map.findings().error(map.at("burst"), map.path("burst") + ": expected 1 to 1000000");
    out.burst = 1;
  } else if (out.requests != 0 && window_of(out) > kMaxWindow) {
    map.findings().error(map.at("burst"), map.path("burst") + ": takes longer than a day to be given back",
                         "lower the burst, or raise requests");
  }
}

}  // namespace

void parse_rate(const YamlNode& node, const std::string& name, Findings& findings,
                std::optional<RateLimit>& out) {
  if (is_off(node)) {
    out.reset();
    return;
  }
  RateLimit rate;
  if (!node.is_map()) {
    if (read_scalar(node, name, findings, rate, parse_frequency)) out = rate;
    return;
  }
  MapReader map(node, name, findings);
  if (!map.has("requests")) {
    findings.error(node.at, map.path("requests") + ": is missing", "write a rate such as 50/s");
  }
  map.value("requests", rate, parse_frequency);
  map.value("per", rate.per, [](std::string_view text) { return parse_word<RatePer>(text, kPer); });
  read_burst(map, rate);
  map.finish();
  if (rate.requests != 0) out = rate;
}

void parse_request_limits(const YamlNode& node, const std::string& name, Findings& findings,
                          RequestLimits& out) {
  MapReader map(node, name, findings);
  const YamlNode* body = map.take("body");
  if (body != nullptr && is_off(*body)) {
    out.body.reset();
  } else if (body != nullptr) {
    std::uint64_t bytes = 0;
    if (read_scalar(*body, map.path("body"), findings, bytes, parse_size)) out.body = bytes;
  }
  if (const YamlNode* rate = map.take("rate")) parse_rate(*rate, map.path("rate"), findings, out.rate);
  map.finish();
}

}  // namespace config

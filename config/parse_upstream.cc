// to and what belongs to it: the origins of a route, how requests are spread over them, what happens when one
// fails.
#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "config/parse.h"
#include "config/values.h"
#include "core/text/url.h"

namespace config {
namespace {

constexpr std::uint64_t kMaxCircuit = 1'000'000;
constexpr std::uint64_t kMaxAttempts = 10;
constexpr std::uint64_t kMaxChecks = 100;
constexpr std::chrono::milliseconds kShortestInterval{100};
constexpr std::array<std::pair<std::string_view, Balance>, 4> kBalances{
    {{"round_robin", Balance::round_robin},
     {"least_requests", Balance::least_requests},
     {"client_ip", Balance::client_ip},
     {"cookie", Balance::cookie}}};

std::unexpected<core::Error> expected(std::string what) {
  return core::failure(core::ErrorKind::malformed, core::Side::configuration, "expected " + std::move(what));
}

/// A whole number of a range, for MapReader::value.
auto number_of(std::uint64_t least, std::uint64_t most) {
  return [least, most](std::string_view text) -> core::Result<unsigned> {
    const auto number = parse_count(text);
    if (!number || *number < least || *number > most) {
      return expected("a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return static_cast<unsigned>(*number);
  };
}

core::Result<std::chrono::milliseconds> parse_some_time(std::string_view text) {
  auto duration = parse_duration(text);
  if (duration && duration->count() == 0) return expected("more than nothing");
  return duration;
}

core::Result<unsigned> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) return expected("a share such as 10%");
  text.remove_suffix(1);
  const auto number = parse_count(text);
  if (!number || *number > 100) return expected("a share from 0% to 100%");
  return static_cast<unsigned>(*number);
}

/// A path with a query, as a check asks for it.
core::Result<std::string> parse_check_path(std::string_view text) {
  const auto url = core::parse_url("http://a" + std::string(text));
  if (!text.starts_with('/') || !url || url->path + url->query != text) {
    return expected("a path that begins with /");
  }
  return std::string(text);
}

void read_upstream_tls(MapReader& map, Inputs& inputs, Upstream& out) {
  const YamlNode* node = map.take("tls");
  if (node == nullptr) return;
  MapReader tls(*node, map.path("tls"), inputs.findings);
  if (const YamlNode* ca = tls.take("ca")) read_file_name(*ca, tls.path("ca"), inputs, out.tls.ca_file);
  tls.value("server_name", out.tls.server_name, parse_host);
  read_client_certificate(tls, inputs, out.tls);
  tls.finish();
}

void read_upstream_host(MapReader& map, UpstreamHost& out) {
  std::string text;
  if (!map.value("upstream_host", text, parse_line)) return;
  out = UpstreamHost();
  if (text == "preserve") return;
  if (text == "upstream") {
    out.mode = UpstreamHostMode::upstream;
    return;
  }
  const auto authority = core::parse_authority(text);
  if (!authority) {
    map.findings().error(map.at("upstream_host"),
                         map.path("upstream_host") + ": expected preserve, upstream or a name");
    return;
  }
  out.mode = UpstreamHostMode::name;
  out.name = authority->host;
  if (authority->port != 0) out.name.append(":").append(std::to_string(authority->port));
}

void read_health(MapReader& map, std::optional<HealthCheck>& out) {
  const YamlNode* node = map.take("health");
  if (node == nullptr) return;
  if (is_off(*node)) return out.reset();
  MapReader health(*node, map.path("health"), map.findings());
  HealthCheck check = out.value_or(HealthCheck());
  health.value("path", check.path, parse_check_path);
  if (node->is_map() && !health.has("path") && check.path.empty()) {
    map.findings().error(node->at, health.path("path") + ": is missing", "write {path: /healthz}");
  }
  if (health.value("interval", check.interval, parse_duration) && check.interval < kShortestInterval) {
    map.findings().error(health.at("interval"), health.path("interval") + ": expected 100ms or more");
  }
  health.value("timeout", check.timeout, parse_some_time);
  health.value("healthy", check.healthy, number_of(1, kMaxChecks));
  health.value("unhealthy", check.unhealthy, number_of(1, kMaxChecks));
  health.finish();
  out = std::move(check);
}

void read_circuit(MapReader& map, Circuit& out) {
  const YamlNode* node = map.take("circuit");
  if (node == nullptr) return;
  MapReader circuit(*node, map.path("circuit"), map.findings());
  const YamlNode* connections = circuit.take("connections");
  if (connections != nullptr && is_off(*connections)) {
    out.connections.reset();
  } else if (connections != nullptr) {
    unsigned most = 0;
    if (read_scalar(*connections, circuit.path("connections"), map.findings(), most,
                    number_of(1, kMaxCircuit)))
      out.connections = most;
  }
  unsigned pending = 0;
  if (circuit.value("pending", pending, number_of(0, kMaxCircuit))) out.pending = pending;
  circuit.finish();
}

void read_retry(MapReader& map, Retry& out) {
  const YamlNode* node = map.take("retry");
  if (node == nullptr) return;
  if (is_off(*node)) {
    out.attempts = 0;
    return;
  }
  MapReader retry(*node, map.path("retry"), map.findings());
  retry.value("attempts", out.attempts, number_of(0, kMaxAttempts));
  retry.value("budget", out.budget_percent, parse_percent);
  retry.finish();
}

void read_balancing(MapReader& map, Balancing& out) {
  map.value("balance", out.balance,
            [](std::string_view text) { return parse_word<Balance>(text, kBalances); });
  read_health(map, out.health);
  read_circuit(map, out.circuit);
  read_retry(map, out.retry);
  const YamlNode* slow_start = map.take("slow_start");
  if (slow_start == nullptr) return;
  if (is_off(*slow_start)) {
    out.slow_start = std::chrono::milliseconds(0);
  } else {
    read_scalar(*slow_start, map.path("slow_start"), map.findings(), out.slow_start, parse_duration);
  }
}

}  // namespace

void read_upstream_settings(MapReader& map, Inputs& inputs, Upstream& out) {
  read_balancing(map, out.balancing);
  read_upstream_tls(map, inputs, out);
  read_upstream_host(map, out.host);
}

void read_time_or_off(MapReader& map, std::string_view key, std::optional<std::chrono::milliseconds>& out) {
  const YamlNode* node = map.take(key);
  if (node == nullptr) return;
  if (is_off(*node)) return out.reset();
  std::chrono::milliseconds time{0};
  if (read_scalar(*node, map.path(key), map.findings(), time, parse_some_time)) out = time;
}

void parse_timeouts(const YamlNode& node, const std::string& name, Findings& findings, Timeouts& out) {
  MapReader map(node, name, findings);
  map.value("connect", out.connect, parse_some_time);
  map.value("response", out.response, parse_some_time);
  map.value("idle", out.idle, parse_some_time);
  read_time_or_off(map, "total", out.total);
  map.finish();
}

bool read_upstream(MapReader& map, Inputs& inputs, Upstream& out) {
  read_origins(map, inputs.findings, out.origins);
  read_sent_proxy_header(map, out);
  const bool is_plain = !out.origins.empty() && !out.is_tls();
  if (is_plain && map.has("tls")) {
    inputs.findings.error(map.at("tls"), map.path("tls") + ": the upstream has no TLS",
                          "write to: https://… or h2://…, or remove tls");
  }
  if (is_plain) out.tls = UpstreamTls();  // what defaults say is for those that speak TLS
  return map.has("to");
}

}  // namespace config

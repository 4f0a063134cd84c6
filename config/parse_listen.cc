// listen, limits, shutdown, log, tls: what the process opens and how it behaves towards clients.
#include <algorithm>
#include <array>
#include <utility>

#include "config/parse.h"
#include "config/read_file.h"
#include "config/values.h"

namespace config {
namespace {

using Bytes = std::uint64_t;

/// The smallest and largest value that makes sense for a limit.
struct Range {
  std::uint64_t least;
  std::uint64_t most;
};

constexpr Range kHeaderBytes{1024, 1024UL * 1024};
constexpr Range kHeaderCount{16, 10'000};
constexpr Range kUriBytes{256, 64UL * 1024};
constexpr Range kBodyRate{1, 1024UL * 1024 * 1024};
constexpr Range kStreams{1, 1000};
constexpr Range kConnections{8, 10'000'000};
constexpr std::chrono::seconds kPreloadAge = std::chrono::days(365);
constexpr Range kTimerMilliseconds{1, 86'400'000};

constexpr std::array<std::pair<std::string_view, LogStyle>, 4> kLogStyles{{{"auto", LogStyle::automatic},
                                                                           {"text", LogStyle::text},
                                                                           {"json", LogStyle::json},
                                                                           {"combined", LogStyle::combined}}};
constexpr std::array<std::pair<std::string_view, core::LogLevel>, 4> kLogLevels{
    {{"error", core::LogLevel::error},
     {"warn", core::LogLevel::warn},
     {"info", core::LogLevel::info},
     {"debug", core::LogLevel::debug}}};
constexpr std::array<std::pair<std::string_view, TlsVersion>, 2> kTlsVersions{
    {{"1.2", TlsVersion::tls_1_2}, {"1.3", TlsVersion::tls_1_3}}};

void check_range(MapReader& map, std::string_view key, std::uint64_t value, Range range) {
  if (value >= range.least && value <= range.most) return;
  map.findings().error(map.at(key), map.path(key) + ": expected a value from " + std::to_string(range.least) +
                                        " to " + std::to_string(range.most));
}

void read_bytes(MapReader& map, std::string_view key, Range range, std::size_t& out) {
  Bytes bytes = 0;
  if (!map.value(key, bytes, parse_size)) return;
  check_range(map, key, bytes, range);
  out = bytes;
}

void read_timer(MapReader& map, std::string_view key, core::Duration& out) {
  if (!map.value(key, out, parse_duration)) return;
  check_range(map, key, static_cast<std::uint64_t>(out.count()), kTimerMilliseconds);
}

void read_log_file(MapReader& map, std::string_view key, std::string& out) {
  if (!map.value(key, out, parse_file_path)) return;
  if (out.starts_with('/')) return;
  map.findings().error(map.at(key), map.path(key) + ": expected an absolute path of a file");
}

/// off, on, or a map.
void read_strict_transport(MapReader& map, std::optional<StrictTransport>& out) {
  const YamlNode* node = map.take("hsts");
  if (node == nullptr || is_off(*node)) return;
  StrictTransport made;
  if (node->is_scalar()) {
    if (node->text == "on") {
      out = made;
    } else {
      map.findings().error(node->at, map.path("hsts") + ": expected off, on or {max_age: 365d}");
    }
    return;
  }
  MapReader hsts(*node, map.path("hsts"), map.findings());
  hsts.value("max_age", made.max_age, parse_seconds);
  hsts.value("subdomains", made.includes_subdomains, parse_flag);
  hsts.value("preload", made.preload, parse_flag);
  hsts.finish();
  if (made.preload && (!made.includes_subdomains || made.max_age < kPreloadAge)) {
    map.findings().error(hsts.at("preload"),
                         hsts.path("preload") +
                             ": browsers' lists take only subdomains: true and a max_age of "
                             "365d or more");
  }
  if (node->is_map()) out = made;
}

}  // namespace

std::vector<ListenAddress> read_addresses(MapReader& map, std::string_view key,
                                          std::vector<ListenAddress> fallback) {
  const YamlNode* node = map.take(key);
  if (node == nullptr) return fallback;
  std::vector<ListenAddress> addresses;
  if (is_off(*node)) return addresses;
  for (const YamlNode* item : one_or_list(*node)) {
    ListenAddress address;
    if (!read_scalar(*item, map.path(key), map.findings(), address, parse_listen_address)) continue;
    address.at = item->at;
    if (std::ranges::find(addresses, address) != addresses.end() && address.port != 0) {
      map.findings().error(item->at, map.path(key) + ": this address stands twice");
      continue;
    }
    addresses.push_back(address);
  }
  if (addresses.empty() && node->is_list() && node->items.empty()) {
    map.findings().error(node->at, map.path(key) + ": the list is empty", "write an address or off");
  }
  return addresses;
}

void parse_listen(const YamlNode& node, Inputs& inputs, Listen& out) {
  MapReader map(node, "listen", inputs.findings);
  out.https = read_addresses(map, "https", out.https);
  out.http = read_addresses(map, "http", out.http);
  const YamlNode* port = map.take("public_port");
  if (port != nullptr && !(port->is_scalar() && port->text == "auto")) {
    std::uint16_t number = 0;
    if (read_scalar(*port, map.path("public_port"), inputs.findings, number, parse_port))
      out.public_port = number;
  }
  const YamlNode* health = map.take("health_path");
  if (health != nullptr && !is_off(*health)) {
    read_scalar(*health, map.path("health_path"), inputs.findings, out.health_path, parse_path);
    if (out.health_path == "/") {
      inputs.findings.error(health->at, "listen.health_path: / would answer for every site",
                            "use a path such as /healthz");
      out.health_path.clear();
    }
  }
  read_proxies(map, inputs, out);
  if (map.has("https") && is_off(*node.find("https")) && !map.has("plain")) {
    inputs.findings.error(map.at("https"),
                          "listen.https: off, and no listen.plain: nothing serves the routes",
                          "give an address such as \":443\", or listen.plain for a proxy in front");
  }
  read_control(map, inputs, out.control);
  read_admin(map, inputs, out);
  map.finish();
}

void parse_limits(const YamlNode& node, Inputs& inputs, ListenerLimits& out) {
  MapReader map(node, "limits", inputs.findings);
  read_bytes(map, "header_bytes", kHeaderBytes, out.http.header_bytes);
  read_bytes(map, "uri", kUriBytes, out.http.uri_bytes);
  if (std::uint64_t count = 0; map.value("headers", count, parse_count)) {
    check_range(map, "headers", count, kHeaderCount);
    out.http.header_count = count;
  }
  read_timer(map, "header_time", out.http.header_time);
  read_timer(map, "keep_alive", out.http.keep_alive);
  if (map.value("body_rate", out.http.body_rate, parse_byte_rate)) {
    check_range(map, "body_rate", out.http.body_rate, kBodyRate);
  }
  if (std::uint64_t count = 0; map.value("streams", count, parse_count)) {
    check_range(map, "streams", count, kStreams);
    out.http.streams = count;
  }
  const YamlNode* connections = map.take("connections");
  if (connections != nullptr && !(connections->is_scalar() && connections->text == "auto")) {
    std::uint64_t count = 0;
    if (read_scalar(*connections, map.path("connections"), inputs.findings, count, parse_count)) {
      check_range(map, "connections", count, kConnections);
      out.connections = count;
    }
  }
  map.finish();
}

void parse_shutdown(const YamlNode& node, Inputs& inputs, Shutdown& out) {
  MapReader map(node, "shutdown", inputs.findings);
  map.value("delay", out.delay, parse_duration);
  map.value("timeout", out.timeout, parse_duration);
  map.finish();
}

void parse_log(const YamlNode& node, Inputs& inputs, LogSettings& out) {
  MapReader map(node, "log", inputs.findings);
  map.value("format", out.format,
            [](std::string_view text) { return parse_word<LogStyle>(text, kLogStyles); });
  map.value("level", out.level,
            [](std::string_view text) { return parse_word<core::LogLevel>(text, kLogLevels); });
  read_log_file(map, "audit", out.audit_file);
  const YamlNode* access = map.take("access");
  if (access != nullptr && access->is_scalar() && access->text == "stdout") {
    out.access = AccessLogTarget::standard_output;
  } else if (access != nullptr && access->is_scalar() && access->text == "stderr") {
    out.access = AccessLogTarget::standard_error;
  } else if (access != nullptr && is_off(*access)) {
    out.access = AccessLogTarget::off;
  } else if (access != nullptr) {
    out.access = AccessLogTarget::file;
    read_log_file(map, "access", out.access_file);
  }
  map.finish();
}

void parse_tls(const YamlNode& node, Inputs& inputs, Tls& out) {
  MapReader map(node, "tls", inputs.findings);
  read_strict_transport(map, out.strict_transport);
  if (const YamlNode* acme = map.take("acme")) out.acme = parse_acme(*acme, inputs);
  map.value("min_version", out.min_version,
            [](std::string_view text) { return parse_word<TlsVersion>(text, kTlsVersions); });
  const YamlNode* list = map.take("certificates");
  map.finish();
  if (list == nullptr) return;
  if (!list->is_list()) {
    inputs.findings.error(list->at, "tls.certificates: expected a list of {certificate: PATH, key: PATH}");
    return;
  }
  for (const YamlNode& item : list->items) {
    MapReader pair(item, "tls.certificates", inputs.findings);
    CertificateFiles files;
    files.at = item.at;
    for (auto [key, path] : {std::pair("certificate", &files.certificate), std::pair("key", &files.key)}) {
      const YamlNode* file = pair.take(key);
      if (file != nullptr) {
        read_file_name(*file, pair.path(key), inputs, *path);
      } else if (item.is_map()) {
        inputs.findings.error(item.at, pair.path(key) + ": is missing", "give the path of a PEM file");
      }
    }
    pair.value("ocsp", files.ocsp, parse_flag);
    pair.finish();
    out.certificates.push_back(std::move(files));
  }
}

bool read_file_name(const YamlNode& node, std::string_view name, Inputs& inputs, std::string& out) {
  if (!read_scalar(node, name, inputs.findings, out, parse_file_path)) return false;
  inputs.files.push_back(out);
  const auto checked = check_file(out);
  if (checked) return true;
  inputs.findings.error(node.at, std::string(name) + ": " + checked.error().text,
                        "correct the path, or let the user that runs the gateway read the file");
  return false;
}

}  // namespace config

// kubernetes, and the services of a cluster that `to` may name.
#include <algorithm>
#include <utility>

#include "config/parse.h"
#include "config/values.h"

namespace config {
namespace {

constexpr std::size_t kMaxLabelBytes = 63;
constexpr std::uint64_t kMaxPort = 65'535;

std::unexpected<core::Error> expected(std::string what) {
  return core::failure(core::ErrorKind::malformed, core::Side::configuration, "expected " + std::move(what));
}

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// As namespaces, services and ports are named (RFC 1123).
bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabelBytes && is_lower_or_digit(text.front()) &&
         is_lower_or_digit(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

/// The value of a label of a node; empty where a variable is.
core::Result<std::string> parse_zone(std::string_view text) {
  const auto fits = [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
  };
  if (text.size() > kMaxLabelBytes || !std::ranges::all_of(text, fits))
    return expected("the value of a node's label topology.kubernetes.io/zone, such as fr-par-1");
  return std::string(text);
}

core::Result<std::string> parse_directory(std::string_view text) {
  auto path = parse_file_path(text);
  if (path && !path->starts_with('/')) return expected("the absolute path of a directory");
  return path;
}

}  // namespace

core::Result<core::KubernetesService> parse_kubernetes_service(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::size_t colon = text.rfind(':');
  const bool has_all = slash != std::string_view::npos && colon != std::string_view::npos && slash < colon;
  core::KubernetesService service;
  if (has_all) {
    service.space = text.substr(0, slash);
    service.name = text.substr(slash + 1, colon - slash - 1);
  }
  const std::string_view port = has_all ? text.substr(colon + 1) : std::string_view();
  if (!is_label(service.space) || !is_label(service.name) || !is_label(port))
    return expected("kubernetes://NAMESPACE/SERVICE:PORT, with the number or name of a port");
  if (std::ranges::any_of(port, [](char c) { return c < '0' || c > '9'; })) {
    service.port_name = port;
    return service;
  }
  const auto number = parse_count(port);
  if (!number || *number < 1 || *number > kMaxPort || port.front() == '0')
    return expected("a port from 1 to 65535");
  service.port = static_cast<std::uint16_t>(*number);
  return service;
}

void read_kubernetes(MapReader& map, const Storage& storage, Kubernetes& out) {
  if (storage.kind == StorageKind::kubernetes) out.service_account = storage.service_account;
  const YamlNode* node = map.take("kubernetes");
  if (node == nullptr) return;
  MapReader own(*node, "kubernetes", map.findings());
  own.value("service_account", out.service_account, parse_directory);
  own.value("zone", out.zone, parse_zone);
  own.finish();
}

}  // namespace config

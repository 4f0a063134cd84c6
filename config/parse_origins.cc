// The entries of `to`: where origins are and how they are spoken to, and who the gateway is to them.
#include <algorithm>
#include <array>
#include <utility>

#include "config/parse.h"
#include "config/values.h"

namespace config {
namespace {

constexpr std::size_t kMaxOrigins = 100;
/// sun_path holds a NUL besides.
constexpr std::size_t kMaxUnixPath = 107;
constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kKubernetes = "kubernetes";

struct Scheme {
  std::string_view name;     ///< as written
  std::string_view carrier;  ///< whose URL it is
  OriginProtocol protocol;
};
constexpr std::array<Scheme, 4> kSchemes{{{"http", "http", OriginProtocol::http},
                                          {"https", "https", OriginProtocol::https},
                                          {"h2c", "http", OriginProtocol::h2c},
                                          {"h2", "https", OriginProtocol::h2}}};
constexpr std::array<std::pair<std::string_view, SentProxyHeader>, 2> kProxyHeaders{
    {{"off", SentProxyHeader::none}, {"v2", SentProxyHeader::v2}}};

std::string_view name_of(OriginProtocol protocol) {
  const auto found = std::ranges::find(kSchemes, protocol, &Scheme::protocol);
  return found == kSchemes.end() ? kUnix : found->name;
}

std::unexpected<core::Error> expected(std::string what) {
  return core::failure(core::ErrorKind::malformed, core::Side::configuration, "expected " + std::move(what));
}

core::Result<OriginUrl> parse_unix(std::string_view path) {
  const bool has_dots = path.contains("/../") || path.contains("/./") || path.contains("//");
  if (!path.starts_with('/') || path.ends_with('/') || has_dots || path.size() > kMaxUnixPath) {
    return expected("unix: and the absolute path of a socket, of at most 107 bytes");
  }
  OriginUrl origin;
  origin.protocol = OriginProtocol::unix_socket;
  origin.url.scheme = "http";
  origin.url.authority.host = "localhost";
  origin.url.path = "/";
  origin.unix_path = path;
  return origin;
}

/// What stands behind "kubernetes": "+" and a scheme unless it is http, and the service.
core::Result<OriginUrl> parse_service(std::string_view rest) {
  const std::size_t end = std::min(rest.find("://"), rest.size());
  const std::string_view written = rest.substr(0, end);
  const auto is_it = [written](const Scheme& scheme) {
    return written.empty() ? scheme.name == "http" : written == "+" + std::string(scheme.name);
  };
  const auto scheme = std::ranges::find_if(kSchemes, is_it);
  if (scheme == kSchemes.end() || end == rest.size() || written == "+http")
    return expected("kubernetes://NAMESPACE/SERVICE:PORT, or kubernetes+https, +h2c, +h2");
  auto service = parse_kubernetes_service(rest.substr(end + 3));
  if (!service) return core::failure(std::move(service.error()));
  OriginUrl origin;
  origin.protocol = scheme->protocol;
  origin.url.scheme = scheme->carrier;
  origin.url.authority.host = service->name + "." + service->space + ".svc";
  const bool is_usual = service->port == origin.url.effective_port();
  origin.url.authority.port = is_usual ? 0 : service->port;
  origin.service = std::move(*service);
  return origin;
}

core::Result<OriginUrl> parse_origin_url(std::string_view text) {
  if (text.starts_with(kUnix)) return parse_unix(text.substr(kUnix.size()));
  if (text.starts_with(kKubernetes)) return parse_service(text.substr(kKubernetes.size()));
  OriginUrl origin;
  std::string carried(text);
  for (const Scheme& scheme : kSchemes) {
    if (!text.starts_with(std::string(scheme.name) + "://")) continue;
    origin.protocol = scheme.protocol;
    carried = std::string(scheme.carrier).append(text.substr(scheme.name.size()));
  }
  core::Result<core::Url> url = parse_origin(carried);
  if (!url) return core::failure(std::move(url.error()));
  if (url->scheme == "https" && origin.protocol == OriginProtocol::http)
    origin.protocol = OriginProtocol::https;
  origin.url = std::move(*url);
  return origin;
}

core::Result<unsigned> parse_weight(std::string_view text) {
  const auto number = parse_count(text);
  if (!number || *number < 1 || *number > kMaxWeight) {
    return expected("a whole number from 1 to " + std::to_string(kMaxWeight));
  }
  return static_cast<unsigned>(*number);
}

bool read_origin(const YamlNode& node, Findings& findings, OriginUrl& out) {
  if (!node.is_map()) return read_scalar(node, "routes.to", findings, out, parse_origin_url);
  MapReader map(node, "routes.to", findings);
  const YamlNode* url = map.take("url");
  if (!map.has("url"))
    findings.error(node.at, "routes.to.url: is missing", "write {url: http://…, weight: 2}");
  unsigned weight = 1;
  map.value("weight", weight, parse_weight);
  map.finish();
  if (url == nullptr || !read_scalar(*url, "routes.to", findings, out, parse_origin_url)) return false;
  out.weight = weight;
  return true;
}

void check_origins(const YamlNode& node, Findings& findings, const std::vector<OriginUrl>& origins) {
  for (auto one = origins.begin(); one != origins.end(); ++one) {
    const OriginProtocol first = origins.front().protocol;
    if (one->protocol != first) {
      findings.error(node.at,
                     "routes.to: " + std::string(name_of(first)) + " and " +
                         std::string(name_of(one->protocol)) + " in one route",
                     "use one scheme for all of them");
      return;
    }
    const auto is_same = [one](const OriginUrl& other) { return other.text() == one->text(); };
    if (std::find_if(origins.begin(), one, is_same) == one) continue;
    findings.error(node.at, "routes.to: " + one->text() + " stands twice",
                   "write {url: …, weight: 2} for a double share");
  }
}

}  // namespace

std::string OriginUrl::text() const {
  if (protocol == OriginProtocol::unix_socket) return std::string(kUnix) + unix_path;
  if (service) {
    const std::string with = protocol == OriginProtocol::http ? "" : "+" + std::string(name_of(protocol));
    return std::string(kKubernetes) + with + "://" + service->text();
  }
  return std::string(name_of(protocol)) + url.origin().substr(url.scheme.size());
}

void read_origins(MapReader& map, Findings& findings, std::vector<OriginUrl>& out) {
  const YamlNode* node = map.take("to");
  if (node == nullptr) return;
  for (const YamlNode* item : one_or_list(*node)) {
    OriginUrl origin;
    if (read_origin(*item, findings, origin)) out.push_back(std::move(origin));
  }
  if (node->is_list() && (node->items.empty() || node->items.size() > kMaxOrigins)) {
    findings.error(node->at, "routes.to: expected 1 to 100 upstreams");
  }
  check_origins(*node, findings, out);
}

void read_client_certificate(MapReader& tls, Inputs& inputs, UpstreamTls& out) {
  const YamlNode* node = tls.take("client_certificate");
  if (node == nullptr) return;
  MapReader pair(*node, tls.path("client_certificate"), inputs.findings);
  for (auto [key, path] :
       {std::pair("certificate", &out.certificate_file), std::pair("key", &out.key_file)}) {
    if (const YamlNode* file = pair.take(key)) {
      read_file_name(*file, pair.path(key), inputs, *path);
    } else if (node->is_map()) {
      inputs.findings.error(node->at, pair.path(key) + ": is missing", "give the path of a PEM file");
    }
  }
  pair.finish();
}

void read_sent_proxy_header(MapReader& map, Upstream& out) {
  const auto parse = [](std::string_view text) { return parse_word<SentProxyHeader>(text, kProxyHeaders); };
  map.value("proxy_protocol", out.proxy_header, parse);
  if (out.proxy_header == SentProxyHeader::none || out.origins.empty() || !out.is_http2()) return;
  map.findings().error(map.at("proxy_protocol"),
                       map.path("proxy_protocol") + ": a connection that serves many clients cannot say one",
                       "use http or https, or remove the key: Forwarded says who the client is");
}

}  // namespace config

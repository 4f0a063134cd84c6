// listen.plain, proxy_protocol, trusted_proxies and client_ip_header: who may say where a client comes from.
// What makes that anybody is a warning: it is right where nobody else reaches the port, and nothing else
// tells.
#include <algorithm>
#include <array>
#include <utility>

#include "config/header_rules.h"
#include "config/parse.h"
#include "config/values.h"
#include "core/http/fields.h"

namespace config {
namespace {

/// Each is compared with every connection or request.
constexpr std::size_t kMaxNetworks = 1024;
/// Shorter prefixes hold more of the Internet than anybody owns.
constexpr int kLeastBitsV4 = 8;
constexpr int kLeastBitsV6 = 16;

constexpr std::array<std::pair<std::string_view, ProxyProtocolMode>, 2> kModes{
    {{"required", ProxyProtocolMode::required}, {"optional", ProxyProtocolMode::optional}}};

bool is_wide(const core::Network& network) {
  return network.prefix_bits() < (network.is_v4() ? kLeastBitsV4 : kLeastBitsV6);
}

bool is_none(const YamlNode* list) {
  return list == nullptr || (list->is_list() && list->items.empty());
}

void read_proxy_protocol(MapReader& listen, Inputs& inputs, ProxyProtocol& out) {
  const YamlNode* node = listen.take("proxy_protocol");
  if (node == nullptr || is_off(*node)) return;
  MapReader map(*node, listen.path("proxy_protocol"), inputs.findings);
  const YamlNode* from = map.take("from");
  if (from != nullptr) {
    const NetworkList list{map.path("from"), "lets strangers who reach the port claim any address"};
    out.from = read_networks(*from, list, inputs.findings);
  }
  map.value("mode", out.mode,
            [](std::string_view text) { return parse_word<ProxyProtocolMode>(text, kModes); });
  out.except = read_addresses(map, "except", {});
  if (node->is_map() && is_none(from)) {
    inputs.findings.error(node->at, "listen.proxy_protocol.from: is missing",
                          "list the networks of the balancers, such as [10.0.0.0/8]");
  }
  if (out.mode == ProxyProtocolMode::optional) {
    inputs.findings.warn(
        map.at("mode"),
        "listen.proxy_protocol.mode: with optional, a client behind a listed peer that sends "
        "no header can write one itself",
        "use required once every listed peer sends the header");
  }
  map.finish();
}

void read_client_ip_header(MapReader& map, Inputs& inputs, Listen& out) {
  const YamlNode* node = map.take("client_ip_header");
  if (node == nullptr) return;
  const std::string name = map.path("client_ip_header");
  std::string field;
  if (!read_scalar(*node, name, inputs.findings, field, parse_line)) return;
  const std::string_view reason = reserved_as_client_address(field);
  if (!core::is_token(field)) {
    inputs.findings.error(node->at, name + ": expected the name of one header field",
                          "use X-Forwarded-For, Forwarded or the field that your proxy sets");
  } else if (!reason.empty()) {
    inputs.findings.error(node->at,
                          name + ": " + field + " cannot say who the client is: " + std::string(reason));
  } else {
    out.client_ip_header = field;
    if (out.trusted_proxies.empty())
      inputs.findings.warn(node->at, name + ": nobody is believed without listen.trusted_proxies");
  }
}

/// An address of plain that https or http has as well.
void check_addresses(const Listen& listen, Findings& findings) {
  for (const ListenAddress& address : listen.plain) {
    const auto is_taken = [&address](const std::vector<ListenAddress>& others) {
      return address.port != 0 && std::ranges::find(others, address) != others.end();
    };
    if (is_taken(listen.https) || is_taken(listen.http))
      findings.error(address.at, "listen.plain: this address stands under https or http too");
  }
}

bool is_one_of(const ListenAddress& address, const Listen& listen) {
  return std::ranges::find(listen.https, address) != listen.https.end() ||
         std::ranges::find(listen.http, address) != listen.http.end();
}

/// Whether a connection to `other` could be taken for one to `except`, which has no IP address.
bool is_mistaken(const ListenAddress& except, const ListenAddress& other) {
  return !except.ip && other.ip && except.port == other.port;
}

void check_excepted(const Listen& listen, Findings& findings) {
  const std::vector<ListenAddress>& excepted = listen.proxy_protocol.except;
  const std::string name = "listen.proxy_protocol.except: ";
  const auto is_excepted = [&excepted](const ListenAddress& address) {
    return std::ranges::find(excepted, address) != excepted.end();
  };
  for (const ListenAddress& address : excepted) {
    if (!is_one_of(address, listen)) {
      findings.error(address.at, name + "this is no address of listen.https or listen.http",
                     "write it as it stands there, or add it there");
    }
    for (const auto* addresses : {&listen.https, &listen.http}) {
      const bool is_unclear = std::ranges::any_of(*addresses, [&](const ListenAddress& other) {
        return is_mistaken(address, other) && !is_excepted(other);
      });
      if (is_unclear)
        findings.error(address.at, name + "another listener has this port", "give it a port of its own");
    }
  }
  if (!excepted.empty() && std::ranges::all_of(listen.https, is_excepted) &&
      std::ranges::all_of(listen.http, is_excepted)) {
    findings.error(excepted.front().at, name + "no listener is left that expects a header",
                   "leave out proxy_protocol, or name fewer addresses");
  }
}

}  // namespace

std::vector<core::Network> read_networks(const YamlNode& node, const NetworkList& list, Findings& findings) {
  std::vector<core::Network> networks;
  for (const YamlNode* item : one_or_list(node)) {
    core::Network network;
    if (!read_scalar(*item, list.name, findings, network, parse_network)) continue;
    if (std::ranges::find(networks, network) != networks.end()) {
      findings.error(item->at, list.name + ": this network stands twice");
      continue;
    }
    if (networks.size() == kMaxNetworks) {
      findings.error(item->at, list.name + ": at most " + std::to_string(kMaxNetworks) + " networks");
      break;
    }
    if (is_wide(network)) {
      findings.warn(item->at, list.name + ": " + network.text() + " " + list.danger,
                    "name the addresses of your own balancers and proxies alone");
    }
    networks.push_back(network);
  }
  return networks;
}

void read_proxies(MapReader& map, Inputs& inputs, Listen& out) {
  out.plain = read_addresses(map, "plain", {});
  read_proxy_protocol(map, inputs, out.proxy_protocol);
  check_excepted(out, inputs.findings);
  const YamlNode* trusted = map.take("trusted_proxies");
  if (trusted != nullptr) {
    const NetworkList list{map.path("trusted_proxies"),
                           "lets strangers choose the address they are known by"};
    out.trusted_proxies = read_networks(*trusted, list, inputs.findings);
  }
  read_client_ip_header(map, inputs, out);
  check_addresses(out, inputs.findings);
  if (!out.plain.empty() && is_none(trusted)) {
    inputs.findings.error(map.at("plain"), "listen.plain: answers trusted proxies alone, and there are none",
                          "list them under listen.trusted_proxies");
  }
}

}  // namespace config

#include "gateway/upstream/upstream_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gateway {
namespace {

std::string host_field_of(const core::Url& url) {
  return url.origin().substr(url.scheme.size() + 3);
}

bool has_several_of_a_family(const core::Addresses& addresses) {
  const auto of_v4 = std::ranges::count_if(addresses, [](const auto& ip) { return ip.is_v4(); });
  return of_v4 > 1 || static_cast<std::ptrdiff_t>(addresses.size()) - of_v4 > 1;
}

Place place_of(const config::OriginUrl& origin) {
  Place place;
  place.where = core::host_port_of(origin.url);
  place.where.unix_path = origin.unix_path;
  const bool is_unix = origin.protocol == config::OriginProtocol::unix_socket;
  place.name = is_unix || origin.service ? origin.text()
                                         : fmt::format("{}:{}", origin.url.authority.host, place.where.port);
  place.key = place.name;
  place.host_field = host_field_of(origin.url);
  place.weight = origin.weight;
  return place;
}

}  // namespace

std::vector<Place> places_of(const config::OriginUrl& origin, const core::Addresses& addresses) {
  Place whole = place_of(origin);
  core::Addresses sorted = addresses;
  std::ranges::sort(sorted);
  sorted.erase(std::ranges::unique(sorted).begin(), sorted.end());
  if (!has_several_of_a_family(sorted)) {
    for (const core::IpAddress& ip : sorted) whole.key.append("|").append(ip.text());
    whole.where.addresses = addresses;
    return {std::move(whole)};
  }
  std::vector<Place> places;
  places.reserve(sorted.size());
  for (const core::IpAddress& ip : sorted) {
    Place& place = places.emplace_back(whole);
    place.where.host = ip.text();
    place.where.certificate_name = whole.where.host;
    place.name = core::Endpoint{ip, whole.where.port, {}}.text();
    place.key = whole.key + "|" + place.name;
  }
  return places;
}

std::vector<Place> places_of_service(const config::OriginUrl& origin, const core::ServiceEndpoints& known) {
  const Place whole = place_of(origin);
  if (known.endpoints.empty()) {
    Place nowhere = whole;
    nowhere.fault = "the service " + origin.service->text() + " has nobody who answers: " + known.doubt;
    return {std::move(nowhere)};
  }
  std::vector<Place> places;
  places.reserve(known.endpoints.size());
  for (const core::Endpoint& endpoint : known.endpoints) {
    Place& place = places.emplace_back(whole);
    place.where.host = endpoint.ip.text();
    place.where.port = endpoint.port;
    place.where.certificate_name = whole.where.host;
    place.name = endpoint.text();
    place.key = whole.key + "|" + place.name;
  }
  return places;
}

UpstreamState unresolved_state_of(const config::Upstream& upstream) {
  UpstreamState state;
  for (const config::OriginUrl& origin : upstream.origins) state.places.push_back(place_of(origin));
  return state;
}

std::string check_host(const config::Route& route, const config::Upstream& upstream) {
  if (upstream.host.mode == config::UpstreamHostMode::name) return upstream.host.name;
  const bool is_pattern = route.host.starts_with('*');
  if (upstream.host.mode == config::UpstreamHostMode::preserve && !is_pattern) return route.host;
  return host_field_of(upstream.origins.front().url);
}

std::string upstream_key(const config::Route& route, const config::Upstream& upstream) {
  const config::Balancing& with = upstream.balancing;
  std::string key;
  for (const config::OriginUrl& origin : upstream.origins)
    key += fmt::format("{} {}\n", origin.text(), origin.weight);
  const config::UpstreamTls& tls = upstream.tls;
  key += fmt::format("ca {}\nname {}\ncertificate {} {}\nbalance {}\nproxy {}\n", tls.ca_file,
                     tls.server_name, tls.certificate_file, tls.key_file, static_cast<int>(with.balance),
                     static_cast<int>(upstream.proxy_header));
  const std::size_t connections = with.circuit.connections.value_or(0);
  key += fmt::format("circuit {} {}\nbudget {}\nslow {}\n", connections, with.circuit.pending,
                     with.retry.budget_percent, with.slow_start.count());
  if (!with.health) return key;
  const config::HealthCheck& health = *with.health;
  key += fmt::format("health {} {} {} {} {}\nhost {}\n", health.path, health.interval.count(),
                     health.timeout.count(), health.healthy, health.unhealthy, check_host(route, upstream));
  return key;
}

}  // namespace gateway

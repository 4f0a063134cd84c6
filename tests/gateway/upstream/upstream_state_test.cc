// Which places an entry of `to` stands for, and which routes share an upstream.
#include "gateway/upstream/upstream_state.h"

#include <doctest/doctest.h>

#include "core/text/url.h"

using namespace gateway;

namespace {

config::OriginUrl origin(std::string_view url, unsigned weight = 1) {
  config::OriginUrl made;
  made.url = *core::parse_url(url);
  made.weight = weight;
  return made;
}

core::Addresses addresses(const std::vector<std::string>& texts) {
  core::Addresses parsed;
  for (const std::string& text : texts) parsed.push_back(*core::IpAddress::parse(text));
  return parsed;
}

std::vector<std::string> names(const std::vector<Place>& places) {
  std::vector<std::string> all;
  for (const Place& place : places) all.push_back(place.name);
  return all;
}

config::Route route_to(const std::vector<std::string_view>& urls) {
  config::Route route;
  route.host = "app.test";
  config::Upstream upstream;
  for (const std::string_view url : urls) upstream.origins.push_back(origin(url));
  route.action = upstream;
  return route;
}

std::string key_of(const config::Route& route) {
  return upstream_key(route, std::get<config::Upstream>(route.action));
}

}  // namespace

TEST_CASE("a name with several addresses of one family is each of them") {
  const auto places =
      places_of(origin("https://app.svc:8443", 3), addresses({"10.0.0.2", "10.0.0.1", "10.0.0.2"}));
  CHECK(names(places) == std::vector<std::string>{"10.0.0.1:8443", "10.0.0.2:8443"});
  CHECK(places[0].where == core::HostPort{"10.0.0.1", 8443, {}, "app.svc", {}});
  CHECK(places[0].weight == 3);
  CHECK(places[0].host_field == "app.svc:8443");
  CHECK(places[0].key != places[1].key);
}

TEST_CASE(
    "a name with one address, or one of each family, stays a name; other addresses make it another place") {
  const config::OriginUrl app = origin("http://app.svc");
  const Place unknown = places_of(app, {}).at(0);
  const Place one = places_of(app, addresses({"10.0.0.1"})).at(0);
  const Place both = places_of(app, addresses({"10.0.0.1", "fd00::1"})).at(0);
  const Place moved = places_of(app, addresses({"10.0.0.9"})).at(0);
  for (const Place& place : {unknown, one, both, moved}) {
    CHECK(place.name == "app.svc:80");
    CHECK(place.where.host == "app.svc");
    CHECK(place.where.certificate_name.empty());
  }
  CHECK(unknown.where.addresses.empty());
  CHECK(both.where.addresses == addresses({"10.0.0.1", "fd00::1"}));
  CHECK(one.key != moved.key);
  CHECK(one.key != both.key);
  CHECK(unknown.key != one.key);
}

TEST_CASE("addresses are what they are, IPv6 with brackets in names and without for connecting") {
  const Place place = places_of(origin("http://[fd00::1]:81"), {}).at(0);
  CHECK(place.name == "[fd00::1]:81");
  CHECK(place.where.host == "fd00::1");
  CHECK(names(places_of(origin("http://app:81"), addresses({"fd00::1", "fd00::2"}))) ==
        std::vector<std::string>{"[fd00::1]:81", "[fd00::2]:81"});
}

TEST_CASE("a Unix socket is one place, whatever its Host is") {
  config::OriginUrl socket = origin("http://localhost");
  socket.protocol = config::OriginProtocol::unix_socket;
  socket.unix_path = "/run/app.sock";
  const std::vector<Place> places = places_of(socket, {});
  REQUIRE(places.size() == 1);
  CHECK(places[0].name == "unix:/run/app.sock");
  CHECK(places[0].where.unix_path == "/run/app.sock");
  CHECK(places[0].host_field == "localhost");
}

TEST_CASE("a service is each of its endpoints, at its own port, verified by the service's name") {
  config::OriginUrl web = origin("https://web.shop.svc", 3);
  web.service = core::KubernetesService{"shop", "web", "https", 0};
  web.protocol = config::OriginProtocol::https;
  core::ServiceEndpoints known;
  known.endpoints = {{*core::IpAddress::parse("10.0.0.1"), 8443, {}},
                     {*core::IpAddress::parse("fd00::1"), 8443, {}}};
  const auto places = places_of_service(web, known);
  CHECK(names(places) == std::vector<std::string>{"10.0.0.1:8443", "[fd00::1]:8443"});
  CHECK(places[0].where == core::HostPort{"10.0.0.1", 8443, {}, "web.shop.svc", {}});
  CHECK(places[1].where.host == "fd00::1");
  CHECK(places[0].weight == 3);
  CHECK(places[0].fault.empty());
  CHECK(places[0].key != places[1].key);
}

TEST_CASE("a service that has nobody is one place that is not tried, and says why") {
  config::OriginUrl web = origin("http://web.shop.svc");
  web.service = core::KubernetesService{"shop", "web", "http", 0};
  core::ServiceEndpoints known;
  known.doubt = "it has no endpoints";
  const auto places = places_of_service(web, known);
  REQUIRE(places.size() == 1);
  CHECK(places[0].fault == "the service shop/web:http has nobody who answers: it has no endpoints");
  CHECK(places[0].name == "kubernetes://shop/web:http");
}

TEST_CASE("routes share an upstream only if nothing of it differs") {
  const config::Route first = route_to({"http://a", "http://b"});
  config::Route second = first;
  second.host = "other.test";
  second.path.path = "/x";
  CHECK(key_of(first) == key_of(second));
  const auto differs = [&](auto change) {
    config::Route changed = first;
    change(std::get<config::Upstream>(changed.action));
    return key_of(changed) != key_of(first);
  };
  CHECK(differs([](config::Upstream& u) { u.origins.pop_back(); }));
  CHECK(differs([](config::Upstream& u) { u.origins[0].weight = 2; }));
  CHECK(
      differs([](config::Upstream& u) { u.origins[0].service = core::KubernetesService{"a", "b", "c", 0}; }));
  CHECK(differs([](config::Upstream& u) { std::swap(u.origins[0], u.origins[1]); }));
  CHECK(differs([](config::Upstream& u) { u.tls.ca_file = "/ca.pem"; }));
  CHECK(differs([](config::Upstream& u) { u.tls.server_name = "a"; }));
  CHECK(differs([](config::Upstream& u) { u.tls.certificate_file = "/a.pem"; }));
  CHECK(differs([](config::Upstream& u) { u.tls.key_file = "/a.key"; }));
  CHECK(differs([](config::Upstream& u) { u.proxy_header = config::SentProxyHeader::v2; }));
  CHECK(differs([](config::Upstream& u) { u.origins[0].protocol = config::OriginProtocol::h2c; }));
  CHECK(differs([](config::Upstream& u) { u.balancing.balance = config::Balance::cookie; }));
  CHECK(differs([](config::Upstream& u) { u.balancing.circuit.connections = 3; }));
  CHECK(differs([](config::Upstream& u) { u.balancing.circuit.pending = 3; }));
  CHECK(differs([](config::Upstream& u) { u.balancing.retry.budget_percent = 3; }));
  CHECK(differs([](config::Upstream& u) { u.balancing.slow_start = std::chrono::seconds(1); }));
  CHECK(differs([](config::Upstream& u) { u.balancing.health = config::HealthCheck{"/h"}; }));
}

TEST_CASE("a check bears the Host that requests of its route would have") {
  config::Route route = route_to({"http://a:81", "http://b"});
  auto& upstream = std::get<config::Upstream>(route.action);
  CHECK(check_host(route, upstream) == "app.test");
  upstream.host.mode = config::UpstreamHostMode::upstream;
  CHECK(check_host(route, upstream) == "a:81");
  upstream.host = {config::UpstreamHostMode::name, "n:5"};
  CHECK(check_host(route, upstream) == "n:5");
  route.host = "*.wild.test";
  upstream.host = {};
  CHECK(check_host(route, upstream) == "a:81");
}

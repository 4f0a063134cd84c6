// EndpointSlices as the API writes them, and what nobody may make of them.
#include "core/kubernetes/slice.h"

#include <string>
#include <vector>

#include "tests/core/kubernetes/support/slices.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using core::ErrorKind;
using core::Side;

const core::SliceScope kScope{"shop", "web", false};

core::Result<core::EndpointSlice> read(const std::string& text) {
  return core::parse_slice(*core::Json::parse(text, Side::us), kScope);
}

/// A slice with `what` replaced.
std::string changed(std::string_view what, std::string_view by) {
  std::string text = slice("web-1", {"10.0.0.1"});
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("a slice as a real cluster has it is read whole") {
  const auto read_one = read(
      R"({"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":{"name":"web-x7k2p",)"
      R"("generateName":"web-","namespace":"shop","uid":"6f0e","resourceVersion":"48213","generation":7,)"
      R"("labels":{"endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io",)"
      R"("kubernetes.io/service-name":"web"},"managedFields":[{"manager":"kube-controller-manager"}]},)"
      R"("addressType":"IPv4","endpoints":[{"addresses":["10.244.1.7"],"conditions":{"ready":true,"serving":true,)"
      R"("terminating":false},"targetRef":{"kind":"Pod","name":"web-0"},"nodeName":"n1","zone":"fr-par-1",)"
      R"("hints":{"forZones":[{"name":"fr-par-1"}]}},{"addresses":["10.244.2.9"],"conditions":{"ready":false,)"
      R"("serving":true,"terminating":true},"zone":"fr-par-2"},{"addresses":["10.244.3.3"],"conditions":{}}],)"
      R"("ports":[{"name":"http","port":8080,"protocol":"TCP"},{"name":"dns","port":53,"protocol":"UDP"}]})");
  REQUIRE(read_one);
  CHECK(read_one->name == "web-x7k2p");
  CHECK(read_one->version == "48213");
  REQUIRE(read_one->ports.size() == 2);
  CHECK(read_one->ports[0].name == "http");
  CHECK(read_one->ports[0].port == 8080);
  CHECK(read_one->ports[0].is_tcp);
  CHECK_FALSE(read_one->ports[1].is_tcp);
  REQUIRE(read_one->endpoints.size() == 3);
  CHECK(read_one->endpoints[0].address.text() == "10.244.1.7");
  CHECK(read_one->endpoints[0].is_ready);
  CHECK(read_one->endpoints[0].zone == "fr-par-1");
  CHECK(read_one->endpoints[0].hinted_zones == std::vector<std::string>{"fr-par-1"});
  CHECK_FALSE(read_one->endpoints[1].is_ready);
  CHECK(read_one->endpoints[1].is_serving);
  CHECK(read_one->endpoints[1].is_terminating);
  CHECK(read_one->endpoints[2].is_ready);  // unknown counts as ready
}

TEST_CASE("what is null or absent is none, as Go writes it") {
  const std::string metadata =
      R"("metadata":{"name":"a","namespace":"shop","resourceVersion":"1","labels":{"kubernetes.io/service-name":"web"}})";
  const auto nulls = read(R"({"addressType":"IPv6","endpoints":null,"ports":null,)" + metadata + "}");
  REQUIRE(nulls);
  CHECK(nulls->endpoints.empty());
  const auto names =
      read(R"({"addressType":"FQDN","endpoints":[{"addresses":["a.test"]}],)" + metadata + "}");
  REQUIRE(names);
  CHECK(names->endpoints.empty());
}

TEST_CASE("what is no slice of the service is refused") {
  REQUIRE(read(changed("web-1", "web-2")));
  for (const auto& [what, by] : std::vector<std::pair<std::string, std::string>>{
           {R"("kind":"EndpointSlice")", R"("kind":"Endpoints")"},
           {"discovery.k8s.io/v1", "discovery.k8s.io/v2"},
           {R"("namespace":"shop")", R"("namespace":"other")"},
           {R"("kubernetes.io/service-name":"web")", R"("kubernetes.io/service-name":"admin")"},
           {R"("kubernetes.io/service-name":"web")", R"("x":"web")"},
           {R"("name":"web-1")", R"("name":7)"},
           {R"("name":"web-1")", R"("name":"")"},
           {R"("name":"web-1")", R"("name":"a\nb")"},
           {R"("resourceVersion":")", R"("resourceVersion":")" + std::string(200, '1')},
           {R"("addressType":"IPv4")", R"("addressType":"IPv5")"},
           {R"("addressType":"IPv4")", R"("addressType":"IPv6")"},
           {R"(["10.0.0.1"])", "[]"},
           {R"(["10.0.0.1"])", R"("10.0.0.1")"},
           {R"(["10.0.0.1"])", "[7]"},
           {"10.0.0.1", "010.0.0.1"},
           {"10.0.0.1", "::ffff:10.0.0.1%eth0"},
           {"10.0.0.1", "web.shop.svc"},
           {"10.0.0.1", "127.0.0.1"},
           {"10.0.0.1", "0.0.0.0"},
           {"10.0.0.1", "0.1.2.3"},
           {"10.0.0.1", "169.254.169.254"},
           {"10.0.0.1", "224.0.0.1"},
           {"10.0.0.1", "255.255.255.255"},
           {R"("ready":true)", R"("ready":"yes")"},
           {R"("port":8080)", R"("port":0)"},
           {R"("port":8080)", R"("port":65536)"},
           {R"("port":8080)", R"("port":80.5)"},
           {R"("port":8080)", R"("port":"8080")"},
           {R"("ports":[)", R"("ports":{},"x":[)"},
       }) {
    CAPTURE(what + " -> " + by);
    const auto refused = read(changed(what, by));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::malformed);
    CHECK(refused.error().text.starts_with("kubernetes: "));
  }
}

TEST_CASE("addresses of this machine count only where the API itself is on it") {
  const auto json = *core::Json::parse(slice("a", {"127.0.0.9"}), Side::us);
  CHECK_FALSE(core::parse_slice(json, kScope));
  CHECK(core::parse_slice(json, {"shop", "web", true}));
}

TEST_CASE("more endpoints than the API allows are refused") {
  std::vector<std::string> addresses;
  for (int i = 0; i <= 1000; ++i)
    addresses.push_back("10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1));
  core::JsonLimits limits;
  limits.values = 100'000;
  const auto parsed = [&] {
    return core::parse_slice(*core::Json::parse(slice("a", addresses), Side::us, limits), kScope);
  };
  CHECK(parsed().error().kind == ErrorKind::too_large);
  addresses.pop_back();
  CHECK(parsed());
}

TEST_CASE("a list is its slices, its version and its next page, and nothing else is a list") {
  const auto list = [](const std::string& text) {
    return core::parse_slice_list(*core::Json::parse(text, Side::us), kScope);
  };
  const auto page = list(slice_list({slice("a", {"10.0.0.1"}), slice("b", {"10.0.0.2"})}, "77", "next=="));
  REQUIRE(page);
  CHECK(page->slices.size() == 2);
  CHECK(page->version == "77");
  CHECK(page->next == "next==");
  CHECK(list(R"({"kind":"EndpointSliceList","metadata":{"resourceVersion":"1"},"items":null})"));
  for (const std::string_view text :
       {R"({"kind":"SecretList","metadata":{"resourceVersion":"1"},"items":[]})",
        R"({"kind":"EndpointSliceList"})",
        R"({"kind":"EndpointSliceList","metadata":{"resourceVersion":"1"},"items":{}})",
        R"({"kind":"EndpointSliceList","metadata":{"resourceVersion":1},"items":[]})",
        R"({"kind":"EndpointSliceList","metadata":{},"items":[{}]})", "[]", "7"}) {
    CAPTURE(text);
    CHECK_FALSE(list(std::string(text)));
  }
}

TEST_CASE("events: put, removed, bookmark, 410, and what is none") {
  const auto event = [](const std::string& line) { return core::parse_slice_event(line, kScope); };
  using Kind = core::SliceEvent::Kind;
  CHECK(event(slice_event("ADDED", slice("a", {"10.0.0.1"})))->kind == Kind::put);
  CHECK(event(slice_event("MODIFIED", slice("a", {"10.0.0.1"})))->slice.endpoints.size() == 1);
  const auto removed = event(slice_event("DELETED", slice("a", {"10.0.0.1"})));
  CHECK(removed->kind == Kind::removed);
  CHECK(removed->slice.name == "a");
  const auto bookmark = event(slice_event(
      "BOOKMARK",
      R"({"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":{"resourceVersion":"99"}})"));
  CHECK(bookmark->kind == Kind::bookmark);
  CHECK(bookmark->slice.version == "99");
  const auto gone =
      event(slice_event("ERROR", R"({"kind":"Status","code":410,"message":"too old resource version"})"));
  CHECK(gone.error().kind == ErrorKind::closed);
  const auto broken =
      event(slice_event("ERROR", R"({"kind":"Status","code":500,"message":"etcd\nis down"})"));
  CHECK(broken.error().kind == ErrorKind::unavailable);
  CHECK(broken.error().text.ends_with("etcd?is down"));
  for (const std::string& line :
       {std::string("{"), std::string("null"), std::string(R"({"type":"ADDED"})"),
        slice_event("RENAMED", "{}"), slice_event("ADDED", "{}"), slice_event("BOOKMARK", "{}"),
        slice_event("DELETED", "[]"), slice_event("ADDED", slice("a", {"10.0.0.1"})) + "{}",
        std::string(R"({"type":7,"object":{}})")}) {
    CAPTURE(line);
    REQUIRE_FALSE(event(line));
    CHECK(event(line).error().kind == ErrorKind::malformed);
  }
  CHECK_FALSE(event(std::string(100'000, '[')));
}

}  // namespace tests

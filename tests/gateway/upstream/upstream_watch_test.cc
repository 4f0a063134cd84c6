// What control learns of upstreams: addresses that change, checks that fail and pass.
#include "gateway/upstream/upstream_watch.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "core/loop/wait.h"
#include "core/net/proxy_protocol.h"

using namespace gateway;

namespace {

struct FakeResolver final : core::Resolver {
  core::Flow<core::Addresses> resolve(std::string name) override {
    ++asked[name];
    const auto found = table.find(name);
    if (found == table.end())
      co_return core::failure(core::ErrorKind::unreachable, core::Side::us, "no such name");
    core::Addresses addresses;
    for (const std::string& text : found->second) addresses.push_back(*core::IpAddress::parse(text));
    co_return std::move(addresses);
  }
  std::map<std::string, std::vector<std::string>> table;
  std::map<std::string, int> asked;
};

/// An API with one service; its watches end with the test.
struct FakeApi final : core::HttpClient {
  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits) override {
    ++asked;
    if (is_down) co_return core::failure(core::ErrorKind::unreachable, core::Side::origin, "refused");
    if (request.sink != nullptr) {
      sink = request.sink;
      core::OneShot<core::FetchResponse> never;
      core::FetchResponse response = co_await never;
      co_return response;
    }
    core::FetchResponse response;
    response.status = 200;
    response.body =
        R"({"kind":"EndpointSliceList","metadata":{"resourceVersion":"1"},"items":[)" + slice() + "]}";
    co_return std::move(response);
  }
  [[nodiscard]] std::string slice() const {
    return R"({"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":{"name":"a","namespace":"shop",)"
           R"("resourceVersion":"1","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4",)"
           R"("endpoints":[)" +
           endpoints + R"(],"ports":[{"name":"http","port":80}]})";
  }
  std::string endpoints = R"({"addresses":["10.0.0.1"]})";
  core::FetchSink* sink = nullptr;
  bool is_down = false;
  int asked = 0;
};

/// Answers with the status of the address, or fails where there is none.
struct FakeClient final : core::HttpClient {
  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits limits) override {
    last = request;
    last_limits = limits;
    const std::string address = request.reached_at->authority.host;
    ++asked[address];
    most_running = std::max(most_running, ++running);
    const core::Result<core::Done> waited = co_await core::attempt(core::sleep_for(loop, takes));
    --running;
    const auto found = status.find(address);
    if (found == status.end())
      co_return core::failure(core::ErrorKind::unreachable, core::Side::origin, "refused");
    core::FetchResponse response;
    response.status = found->second;
    co_return std::move(response);
  }
  explicit FakeClient(core::Loop& on) : loop(on) {}
  core::Loop& loop;
  core::Duration takes{0};
  int running = 0;
  int most_running = 0;
  std::map<std::string, int> status;
  std::map<std::string, int> asked;
  core::FetchRequest last;
  core::FetchLimits last_limits;
};

struct Sink final : core::LogSink {
  void write(std::string_view lines) override { text.append(lines); }
  std::string text;
};

struct Fixture {
  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop{clock};
  FakeResolver resolver;
  FakeClient client{loop};
  Sink events;
  core::Log log{events, core::LogFormat::text, core::LogLevel::debug, clock};
  config::Config config;
  FakeApi api;
  core::KubernetesApi cluster{
      api, {*core::parse_url("https://10.96.0.1"), "/proc/sys/kernel/ostype"}, {}, clock};
  std::unique_ptr<UpstreamWatch> watch;

  void make() {
    UpstreamWatchParts parts{loop, resolver, log, 5, [this](const config::Upstream&) {
                               return core::Result<core::HttpClient*>(&client);
                             }};
    parts.cluster = &cluster;
    watch = *UpstreamWatch::make(config, std::move(parts));
  }
  /// An upstream that is the service shop/web, and `others`.
  config::Upstream& add_service(const std::vector<std::string_view>& others = {}) {
    config::Upstream& upstream = add(others);
    config::OriginUrl& origin = upstream.origins.emplace_back();
    origin.url = *core::parse_url("http://web.shop.svc");
    origin.service = core::KubernetesService{"shop", "web", "http", 0};
    return upstream;
  }
  config::Upstream& add(const std::vector<std::string_view>& urls) {
    config::Route& route = config.routes.emplace_back();
    route.host = "app.test";
    config::Upstream upstream;
    for (const std::string_view url : urls) upstream.origins.emplace_back().url = *core::parse_url(url);
    route.action = upstream;
    return std::get<config::Upstream>(route.action);
  }
  void start() {
    make();
    watch->start();
    pass(core::Duration(0));
  }
  void pass(core::Duration time, core::Duration step = core::Duration(50)) {
    for (core::Duration passed{0}; passed < time; passed += step) {
      clock.advance(step);
      for (int i = 0; i < 4; ++i) loop.turn(false);
    }
    for (int i = 0; i < 4; ++i) loop.turn(false);
  }
  /// Names of the places of the n-th route; one that is down in parentheses.
  std::string places(std::size_t route = 0) {
    std::string all;
    for (const Place& place : watch->state_of(config.routes[route]).latest()->places) {
      all += (all.empty() ? "" : " ") + (place.is_up ? place.name : "(" + place.name + ")");
    }
    return all;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "the addresses of a name are followed; a name that nobody knows stays a name") {
  add({"http://app.svc:80", "http://10.9.9.9:81"});
  start();
  CHECK(places() == "app.svc:80 10.9.9.9:81");
  const std::uint64_t first = watch->state_of(config.routes[0]).generation();
  resolver.table["app.svc"] = {"10.0.0.2", "10.0.0.1"};
  pass(core::Duration(1'000));
  CHECK(places() == "10.0.0.1:80 10.0.0.2:80 10.9.9.9:81");
  const std::uint64_t second = watch->state_of(config.routes[0]).generation();
  CHECK(second > first);
  resolver.table["app.svc"] = {"10.0.0.1", "10.0.0.2"};  // in another order: nothing new
  pass(core::Duration(5'000));
  CHECK(watch->state_of(config.routes[0]).generation() == second);
  resolver.table["app.svc"] = {"10.0.0.1", "10.0.0.2", "10.0.0.3"};
  pass(core::Duration(1'000));
  CHECK(places() == "10.0.0.1:80 10.0.0.2:80 10.0.0.3:80 10.9.9.9:81");
  resolver.table.clear();
  pass(core::Duration(1'000));
  CHECK(places() == "app.svc:80 10.9.9.9:81");
}

TEST_CASE_FIXTURE(Fixture,
                  "addresses are asked for by nobody, names once a second, however many routes have them") {
  add({"http://10.0.0.1"});
  for (int i = 0; i < 20; ++i)
    add({"http://app.svc"}).balancing.circuit.pending = static_cast<std::size_t>(i);
  start();
  pass(core::Duration(10'000));
  CHECK(resolver.asked.size() == 1);
  CHECK(resolver.asked["app.svc"] == 11);
}

TEST_CASE_FIXTURE(
    Fixture, "with very many names each is asked for less often, never more than a hundred in a second") {
  for (int i = 0; i < 1000; ++i) add({"http://n" + std::to_string(i) + ".svc"});
  start();
  pass(core::Duration(10'000));
  int all = 0;
  for (const auto& [name, count] : resolver.asked) all += count;
  CHECK(all == 1100);
  CHECK(resolver.asked.size() == 1000);
}

TEST_CASE_FIXTURE(Fixture, "checks: the first decides at once, then so many in a row are needed") {
  add({"http://10.0.0.1:80", "http://10.0.0.2:80"}).balancing.health =
      config::HealthCheck{"/healthz?x=1", std::chrono::seconds(2), std::chrono::milliseconds(500), 2, 3};
  client.status = {{"10.0.0.1", 200}, {"10.0.0.2", 503}};
  start();
  CHECK(places() == "10.0.0.1:80 10.0.0.2:80");
  pass(core::Duration(1'100));
  CHECK(places() == "10.0.0.1:80 (10.0.0.2:80)");
  CHECK(events.text.contains("status 503"));
  CHECK(client.last.url.text() == "http://app.test/healthz?x=1");
  CHECK(client.last_limits.total == core::Duration(500));
  client.status = {{"10.0.0.2", 302}};  // the first refuses connections now
  pass(core::Duration(2'200));
  CHECK(places() == "10.0.0.1:80 (10.0.0.2:80)");
  pass(core::Duration(4'400));
  CHECK(places() == "(10.0.0.1:80) 10.0.0.2:80");
  CHECK(events.text.contains("passes its check"));
  // One good check among bad ones starts the count again.
  client.status.clear();
  pass(core::Duration(4'000));
  client.status = {{"10.0.0.2", 200}};
  pass(core::Duration(2'200));
  client.status.clear();
  pass(core::Duration(4'000));
  CHECK(places() == "(10.0.0.1:80) 10.0.0.2:80");
}

TEST_CASE_FIXTURE(Fixture,
                  "a check of an origin that takes PROXY headers begins with one that speaks for nobody") {
  for (const auto header : {config::SentProxyHeader::v2, config::SentProxyHeader::none}) {
    config::Upstream& upstream = add({"http://10.0.0.1:80"});
    upstream.balancing.health = config::HealthCheck{"/h", std::chrono::seconds(2)};
    upstream.proxy_header = header;
    start();
    pass(core::Duration(1'100));
    const bool is_told = header == config::SentProxyHeader::v2;
    CHECK(client.last.greeting == (is_told ? core::proxy_v2_local_header() : ""));
    watch.reset();
    config.routes.clear();
  }
}

TEST_CASE_FIXTURE(
    Fixture,
    "checks follow the addresses: new ones are checked, old ones no more, others keep what is known") {
  resolver.table["app.svc"] = {"10.0.0.1", "10.0.0.2"};
  add({"http://app.svc"}).balancing.health = config::HealthCheck{"/h", std::chrono::seconds(1)};
  client.status = {{"10.0.0.1", 200}, {"10.0.0.3", 200}};
  start();
  pass(core::Duration(2'500));
  CHECK(places() == "10.0.0.1:80 (10.0.0.2:80)");
  resolver.table["app.svc"] = {"10.0.0.2", "10.0.0.3"};
  pass(core::Duration(1'200));
  client.asked.clear();
  pass(core::Duration(2'500));
  CHECK(places() == "(10.0.0.2:80) 10.0.0.3:80");
  CHECK_FALSE(client.asked.contains("10.0.0.1"));
  CHECK(client.asked["10.0.0.3"] >= 2);
}

TEST_CASE_FIXTURE(
    Fixture, "there is one check of an origin for all routes that share it, and never too many at once") {
  const auto health = config::HealthCheck{"/h", std::chrono::seconds(1)};
  for (int i = 0; i < 5; ++i) add({"http://10.0.0.1"}).balancing.health = health;
  start();
  pass(core::Duration(5'000));
  CHECK(client.asked["10.0.0.1"] <= 6);
  CHECK(client.asked["10.0.0.1"] >= 4);
}

TEST_CASE_FIXTURE(Fixture, "never more than so many checks run at once, and all have their turn") {
  std::vector<std::string> urls;
  for (int i = 1; i <= 90; ++i) urls.push_back("http://10.0.1." + std::to_string(i));
  add({urls.begin(), urls.end()}).balancing.health = config::HealthCheck{"/h", std::chrono::seconds(3)};
  client.takes = core::Duration(400);
  start();
  pass(core::Duration(3'000));
  CHECK(client.most_running == static_cast<int>(HealthCheck::kMostAtOnce));
  CHECK(client.asked.size() == 90);
}

TEST_CASE_FIXTURE(Fixture, "a watch may end while questions and checks are under way") {
  add({"http://app.svc", "http://10.0.0.1"}).balancing.health = config::HealthCheck{"/h"};
  client.takes = core::Duration(10'000);
  start();
  pass(core::Duration(2'000));
  CHECK(client.running > 0);
  watch.reset();
  pass(core::Duration(100));
}

TEST_CASE_FIXTURE(Fixture,
                  "a service is followed once for all routes that have it, and its endpoints are places") {
  add_service();
  add_service().balancing.circuit.pending = 7;
  start();
  CHECK(places() == "10.0.0.1:80");
  CHECK(places(1) == "10.0.0.1:80");
  CHECK(api.asked == 2);  // a list, and a watch
  CHECK(resolver.asked.empty());
  REQUIRE(api.sink != nullptr);
  api.endpoints = R"({"addresses":["10.0.0.2"]},{"addresses":["10.0.0.3"]})";
  REQUIRE(api.sink->take(R"({"type":"MODIFIED","object":)" + api.slice() + "}\n"));
  CHECK(places() == "10.0.0.2:80 10.0.0.3:80");
  CHECK(places(1) == "10.0.0.2:80 10.0.0.3:80");
}

TEST_CASE_FIXTURE(Fixture, "a service that has nobody is nowhere, beside others that are somewhere") {
  add_service();
  add_service({"http://10.9.9.9"});
  start();
  CHECK(places(1) == "10.9.9.9:80 10.0.0.1:80");
  api.endpoints.clear();
  REQUIRE(api.sink->take(R"({"type":"MODIFIED","object":)" + api.slice() + "}\n"));
  CHECK(places() == "kubernetes://shop/web:http");
  CHECK(places(1) == "10.9.9.9:80");
  CHECK_FALSE(watch->state_of(config.routes[0]).latest()->places[0].fault.empty());
}

TEST_CASE_FIXTURE(Fixture, "services are reached before anybody serves, or after a while without them") {
  add_service().balancing.health = config::HealthCheck{"/h"};
  make();
  core::RunningFlow<> reaching;
  bool is_reached = false;
  reaching.start(watch->reach_services(core::Duration(2'000)),
                 [&](const core::Result<core::Done>&) { is_reached = true; });
  pass(core::Duration(0));
  CHECK(is_reached);
  CHECK(places() == "10.0.0.1:80");
  pass(core::Duration(20'000), core::Duration(1'000));
  CHECK(client.asked.empty());  // nothing is checked by who does not serve yet
  watch->start();
  pass(core::Duration(2'000));
  CHECK(client.asked["10.0.0.1"] > 0);
  CHECK(api.asked == 2);
}

TEST_CASE_FIXTURE(Fixture,
                  "an API that does not answer is waited for no longer than is worth it, and followed on") {
  add_service();
  make();
  api.is_down = true;
  core::RunningFlow<> reaching;
  bool is_reached = false;
  reaching.start(watch->reach_services(core::Duration(2'000)),
                 [&](const core::Result<core::Done>&) { is_reached = true; });
  pass(core::Duration(0));
  CHECK(is_reached);  // it has failed once
  CHECK(places() == "kubernetes://shop/web:http");
  api.is_down = false;
  pass(core::Duration(2'000));
  CHECK(places() == "10.0.0.1:80");
}

TEST_CASE_FIXTURE(Fixture,
                  "the next configuration knows the endpoints of this one; one that rests follows no more") {
  add_service();
  start();
  const std::unique_ptr<UpstreamWatch> before = std::move(watch);
  api.is_down = true;
  make();
  watch->adopt(*before);
  CHECK(places() == "10.0.0.1:80");
  before->stop();
  const int asked = api.asked;
  pass(core::Duration(60'000), core::Duration(1'000));
  CHECK(api.asked == asked);
}

// app: what is known of an application stands in for what nobody has written.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/header_rules.h"
#include "config/identity.h"
#include "config/known_apps.h"
#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

namespace {

const std::string kBase = "host: a.example.com, to: 'http://app', policy: staff, ";

void fill(Sample& sample, const std::string& keys) {
  sample.login += "  session: {store: memory, refresh: 5m}\n";
  sample.routes = "routes:\n  - {" + kBase + keys + "}\n";
}

Config loaded(const std::string& keys) {
  Sample sample;
  fill(sample, keys);
  const LoadOutcome outcome = sample.load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  return *outcome.config;
}

std::string settings_of(const std::string& keys) {
  const Config config = loaded(keys);
  std::string all;
  for (const std::string& line : app_settings(config.routes[0], config)) all += line + "\n";
  return all;
}

std::vector<std::string> open_paths_of(const Route& route) {
  std::vector<std::string> paths;
  for (const Except& except : route.excepts) {
    CHECK(except.access.kind == AccessKind::open);
    paths.push_back(except.path.path);
  }
  return paths;
}

}  // namespace

TEST_CASE("every known app loads, prints and loads again") {
  for (const KnownApp& app : known_apps()) {
    CAPTURE(app.name);
    const std::string key = "app: " + std::string(app.name);
    Sample sample;
    fill(sample, key);
    const LoadOutcome outcome = sample.load();
    CAPTURE(all_of(outcome.errors));
    REQUIRE(outcome.config);
    const Config& config = *outcome.config;
    CHECK(config.routes[0].app == app.name);
    CHECK(config.routes[0].identity.preset == app.identity);
    CHECK(config.routes[0].forward_token == app.forward_token);
    CHECK_FALSE(app_settings(config.routes[0], config).empty());
    CHECK(settings_of(key).find('<') == std::string::npos);
    const std::string printed = print(config);
    const LoadOutcome again = load_text(printed, sample.environment);
    CAPTURE(all_of(again.errors));
    REQUIRE(again.config);
    CHECK(again.config->routes == config.routes);
  }
}

TEST_CASE("the fields of every app are taken from clients and cannot be set by request_headers") {
  const std::vector<std::string_view> known = identity_field_names();
  for (const KnownApp& app : known_apps()) {
    for (const IdentityLine& line : identity_lines(Identity{app.identity, {}})) {
      CAPTURE(line.name);
      CHECK(std::ranges::find(known, line.name) != known.end());
      CHECK_FALSE(reserved_in_requests(line.name).empty());
    }
  }
}

TEST_CASE("navidrome's players and shares pass without a session, below the route's path") {
  CHECK(open_paths_of(loaded("app: navidrome").routes[0]) == std::vector<std::string>{"/rest", "/share"});
  CHECK(open_paths_of(loaded("path: /music, app: navidrome").routes[0]) ==
        std::vector<std::string>{"/music/rest", "/music/share"});
  CHECK(loaded("path: {exact: /x}, app: navidrome").routes[0].excepts.empty());
}

TEST_CASE("what the route writes wins over its app") {
  const Route route = loaded("app: ollama, timeouts: {response: 5s}, identity: {X-Who: '{sub}'}").routes[0];
  CHECK(route.timeouts.response == 5s);
  CHECK(route.identity.preset == IdentityPreset::fields);
  CHECK(loaded("app: ollama").routes[0].timeouts.response == 10min);
  CHECK(loaded("app: navidrome, except: []").routes[0].excepts.empty());
  CHECK(loaded("app: argo-cd, forward_token: off").routes[0].forward_token == ForwardToken::none);
  CHECK(loaded("app: grafana, identity: none").routes[0].identity.preset == IdentityPreset::none);
  const Route closed =
      loaded("app: navidrome, except: [{path: /rest, policy: staff, methods: [GET]}]").routes[0];
  REQUIRE(closed.excepts.size() == 1);
  CHECK(closed.excepts[0].access.kind == AccessKind::policy);
}

TEST_CASE("an app of the route wins over the defaults, and their excepts over their app") {
  const auto load = [](const std::string& defaults, const std::string& keys) {
    Sample sample;
    sample.top = "defaults: {" + defaults + "}\n";
    sample.routes = "routes:\n  - {" + kBase + keys + "}\n";
    const LoadOutcome outcome = sample.load();
    CAPTURE(all_of(outcome.errors));
    REQUIRE(outcome.config);
    return outcome.config->routes[0];
  };
  const Route own = load("identity: grafana, except: [{path: /pub, public: true}]", "app: navidrome");
  CHECK(own.identity.preset == IdentityPreset::remote_user);
  CHECK(open_paths_of(own) == std::vector<std::string>{"/rest", "/share"});
  const Route both = load("app: navidrome, except: [{path: /pub, public: true}]", "acme: true");
  CHECK(open_paths_of(both) == std::vector<std::string>{"/pub"});
  CHECK(open_paths_of(load("app: navidrome", "acme: true")) == std::vector<std::string>{"/rest", "/share"});
}

TEST_CASE("a public route of an app sends no identity and excepts nothing") {
  const LoadOutcome outcome =
      load_route("host: a.example.com, to: 'http://app', public: true, app: navidrome");
  REQUIRE(outcome.config);
  CHECK(outcome.config->routes[0].excepts.empty());
}

TEST_CASE("the lines for an app name the route, the sign-out and the field that is sent") {
  CHECK(settings_of("path: /music, app: navidrome") ==
        "ND_BASEURL=/music\n"
        "ND_EXTAUTH_TRUSTEDSOURCES=ADDRESS-OF-THE-GATEWAY/32\n"
        "ND_EXTAUTH_USERHEADER=Remote-User\n"
        "ND_EXTAUTH_LOGOUTURL=https://a.example.com/oauth2/sign_out\n");
  CHECK(settings_of("app: miniflux, identity: {X-Who: '{sub}'}").contains("AUTH_PROXY_HEADER=X-Who\n"));
  CHECK(settings_of("app: superset").contains("AUTH_REMOTE_USER_ENV_VAR = \"HTTP_REMOTE_USER\"\n"));
  CHECK(settings_of("app: superset")
            .contains("LOGOUT_REDIRECT_URL = \"https://a.example.com/oauth2/sign_out\"\n"));
  CHECK(settings_of("app: gitea")
            .contains("REVERSE_PROXY_LOGOUT_REDIRECT = https://a.example.com/oauth2/sign_out\n"));
  CHECK(settings_of("app: grafana").contains("header_name = X-WEBAUTH-USER\n"));
  CHECK(settings_of("app: grafana").contains("root_url = https://a.example.com/\n"));
  CHECK_FALSE(settings_of("app: grafana, identity: none").contains("header_name"));
  const Config none = loaded("acme: true");
  CHECK(app_settings(none.routes[0], none).empty());
}

TEST_CASE("an app that nobody knows is named with its nearest") {
  CHECK(fails_with(load_route(kBase + "app: navidrom"), "did you mean navidrome?"));
  CHECK(fails_with(load_route(kBase + "app: word"), "expected one of argo-cd, gitea"));
  CHECK(fails_with(load_route("host: a.example.com, redirect: 'https://b.example.com', app: grafana"),
                   "routes.app: means nothing without an upstream"));
}

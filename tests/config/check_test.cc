// Rules across sections: unreachable routes, what login reserves and needs, and the warnings.
#include "config/check.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

/// The sample with these routes, each in flow style, and login.host given.
LoadOutcome load_routes(const std::vector<std::string>& routes,
                        std::string_view login_keys = "host: auth.example.com") {
  Sample sample;
  if (!login_keys.empty()) sample.login += "  " + std::string(login_keys) + "\n";
  sample.routes = "routes:\n";
  for (const std::string& route : routes) sample.routes += "  - {" + route + "}\n";
  return sample.load();
}

const std::string kStaff = ", to: 'http://app', policy: staff";

}  // namespace

TEST_CASE("a route that another one hides is refused") {
  CHECK(fails_with(load_routes({"host: a.example.com" + kStaff, "host: A.example.com., path: /" + kStaff}),
                   "never be reached"));
  CHECK(fails_with(
      load_routes({"host: a.example.com, path: /x" + kStaff, "host: a.example.com, path: /x/" + kStaff}),
      "stands already in line"));
  CHECK(fails_with(
      load_routes({"host: a.example.com, to: 'http://a', policy: staff, except: [{path: /x, public: true}]",
                   "host: a.example.com, path: /x" + kStaff}),
      "never be reached"));
  CHECK(load_routes({"host: a.example.com" + kStaff, "host: a.example.com, path: /x" + kStaff,
                     "host: a.example.com, path: {exact: /x}" + kStaff, "host: '*.example.com'" + kStaff})
            .config);
}

TEST_CASE("nothing lives below the login's prefix where it is reserved") {
  CHECK(fails_with(load_routes({"host: a.example.com, path: /oauth2" + kStaff}), "belongs to the sign-in"));
  CHECK(fails_with(load_routes({"host: a.example.com, path: /oauth2/x" + kStaff}), "belongs to the sign-in"));
  CHECK(fails_with(load_routes({"host: auth.example.com, path: /oauth2, respond: {}"}),
                   "belongs to the sign-in"));
  CHECK(fails_with(
      load_routes({"host: a.example.com" + kStaff + ", except: [{path: /oauth2/x, public: true}]"}),
      "belongs to the sign-in"));
  CHECK(load_routes({"host: a.example.com, path: /oauth2x" + kStaff}).config);
  CHECK(load_routes({"host: public.example.com, path: /oauth2, to: 'http://app', public: true"}).config);
  CHECK(fails_with(
      load_routes({"host: a.example.com, path: /in/x" + kStaff}, "host: auth.example.com\n  prefix: /in"),
      "belongs to the sign-in"));
}

TEST_CASE("login.host defaults to the only host, otherwise it is required") {
  CHECK(load_routes({"host: a.example.com" + kStaff}, "").config->login.host == "a.example.com");
  CHECK(load_routes({"host: a.example.com, path: /x" + kStaff, "host: a.example.com, path: /y" + kStaff}, "")
            .config->login.host == "a.example.com");
  CHECK(fails_with(load_routes({"host: a.example.com" + kStaff, "host: b.example.com" + kStaff}, ""),
                   "login.host: is required"));
  CHECK(fails_with(load_routes({"host: '*.example.com'" + kStaff}, ""), "login.host: is required"));
  CHECK(fails_with(load_routes({"host: '*'" + kStaff}, ""), "login.host: is required"));
  CHECK(load_routes(
            {"host: a.example.com, to: 'http://app', public: true", "host: b.example.com, respond: {}"}, "")
            .config);
}

TEST_CASE("a protected route needs a provider, a public one does not") {
  Sample sample;
  sample.login = "";
  CHECK(fails_with(sample.load(), "login.providers: there is none"));
  sample.routes = "routes:\n  - {host: app.example.com, to: 'http://app', public: true}\n";
  CHECK(sample.load().config);
  sample.routes =
      "routes:\n  - {host: app.example.com, to: 'http://app', public: true, except: [{path: /x, policy: "
      "staff}]}\n";
  CHECK(fails_with(sample.load(), "login.providers: there is none"));
}

TEST_CASE("%2F passes only where no other access rule reaches the same upstream") {
  const std::string keep = ", encoded_slashes: keep";
  CHECK(load_routes({"host: a.example.com" + kStaff + keep}).config);
  CHECK(fails_with(load_routes({"host: a.example.com" + kStaff + keep,
                                "host: a.example.com, path: /p, to: 'http://app', public: true"}),
                   "keep is not allowed"));
  CHECK(fails_with(
      load_routes({"host: a.example.com" + kStaff + keep + ", except: [{path: /p, public: true}]"}),
      "keep is not allowed"));
  CHECK(fails_with(load_routes({"host: a.example.com" + kStaff + keep,
                                "host: a.example.com, path: /p, methods: [GET]" + kStaff}),
                   "keep is not allowed"));
  CHECK(fails_with(
      load_routes({"host: a.example.com" + kStaff + keep,
                   "host: a.example.com, path: /p" + kStaff + ", except: [{path: /p/q, public: true}]"}),
      "keep is not allowed"));
  CHECK(
      load_routes({"host: a.example.com" + kStaff + keep, "host: a.example.com, path: /p" + kStaff}).config);
  CHECK(load_routes({"host: a.example.com" + kStaff + keep,
                     "host: a.example.com, path: /p, to: 'http://other', public: true"})
            .config);
  CHECK(load_routes(
            {"host: a.example.com" + kStaff + keep, "host: b.example.com, to: 'http://app', public: true"})
            .config);
}

TEST_CASE("a policy that admits everybody on Earth is warned about") {
  const auto google = [](std::string_view keys, std::string_view allow) {
    Sample sample;
    sample.login =
        "login:\n  providers:\n    g: {type: google, client_id: a, client_secret: {env: CLIENT_SECRET}" +
        std::string(keys) + "}\n";
    sample.policies = "policies:\n  staff: {allow: [" + std::string(allow) + "]}\n";
    return sample.load();
  };
  CHECK(warns_of(google("", "{authenticated: true}"), "everybody on Earth"));
  CHECK(warns_of(google("", "{provider: g}"), "everybody on Earth"));
  CHECK_FALSE(warns_of(google("", "{email_domain: example.com}"), "everybody on Earth"));
  CHECK_FALSE(
      warns_of(google(", hosted_domain: example.com", "{authenticated: true}"), "everybody on Earth"));
  CHECK_FALSE(warns_of(load_policy("allow: [{authenticated: true}]"), "everybody on Earth"));
}

TEST_CASE("an app at login.host is warned about where its scripts could make tokens") {
  const std::string tokens = "host: auth.example.com\n  tokens: {policy: staff}";
  const std::string warning = "lets a script of its pages make tokens";
  for (const char* host : {"auth.example.com", "'*.example.com'", "'*'"})
    CHECK(warns_of(load_routes({"host: " + std::string(host) + kStaff}, tokens), warning));
  CHECK(warns_of(load_routes({"host: auth.example.com, path: /app, to: 'http://app', public: true"}, tokens),
                 warning));
  CHECK_FALSE(warns_of(load_routes({"host: app.example.com" + kStaff}, tokens), warning));
  CHECK_FALSE(warns_of(
      load_routes({"host: auth.example.com, redirect: 'https://app.example.com/', public: true"}, tokens),
      warning));
  CHECK_FALSE(warns_of(load_routes({"host: auth.example.com" + kStaff}), warning));
}

TEST_CASE("cookie_domain is warned about where it does not fit") {
  const auto domain = [](const std::string& text, const std::string& route_host) {
    return load_routes({"host: " + route_host + kStaff},
                       "session: {cookie_domain: " + text + "}\n  host: " + route_host);
  };
  CHECK(warns_of(domain("co.uk", "a.co.uk"), "strangers own names"));
  CHECK(warns_of(domain("com", "a.com"), "strangers own names"));
  CHECK(warns_of(domain("other.com", "a.example.com"), "is outside cookie_domain"));
  CHECK(warns_of(domain("ample.com", "a.example.com"), "is outside cookie_domain"));
  CHECK(domain("example.com", "a.example.com").warnings.empty());
  CHECK(is_within_domain("*.example.com", "example.com"));
}

TEST_CASE("an upstream that is one of the gateway's own listeners is warned about") {
  const auto warns = [](const std::string& listen, const std::string& to) {
    Sample sample;
    sample.top = listen;
    sample.routes = "routes: [{host: a.example.com, public: true, to: '" + to + "'}]\n";
    const LoadOutcome outcome = sample.load();
    CAPTURE(all_of(outcome.errors));
    REQUIRE(outcome.config);
    return all_of(outcome.warnings).find("is this gateway's own listen.") != std::string::npos;
  };
  const std::string everywhere = "listen: {https: ':8443', http: ':8080'}\n";
  for (const char* to : {"https://127.0.0.1:8443", "https://localhost:8443", "h2://app.localhost:8443",
                         "https://[::1]:8443", "http://127.0.0.9:8080", "h2c://localhost:8080"}) {
    CAPTURE(to);
    CHECK(warns(everywhere, to));
  }
  for (const char* to : {"https://127.0.0.1:8444", "https://10.0.0.1:8443", "https://app.internal:8443",
                         "http://localhost:3000", "http://localhost"}) {
    CAPTURE(to);
    CHECK_FALSE(warns(everywhere, to));
  }
  const std::string one = "listen: {https: '10.0.0.1:443', http: '127.0.0.2:80'}\n";
  CHECK(warns(one, "https://10.0.0.1"));
  CHECK(warns(one, "http://127.0.0.2"));
  CHECK_FALSE(warns(one, "https://127.0.0.1"));
  CHECK_FALSE(warns(one, "http://127.0.0.3"));
}

TEST_CASE("P05: a route to the gateway's own control socket is refused") {
  const auto errors = [](const std::string& to) {
    Sample sample;
    sample.top = "listen: {control: /run/gateway/control.sock}\n";
    sample.routes = "routes: [{host: a.example.com, public: true, to: '" + to + "'}]\n";
    return all_of(sample.load().errors);
  };
  CHECK(errors("unix:/run/gateway/control.sock").find("own listen.control") != std::string::npos);
  CHECK(errors("unix:/run/gateway/app.sock").empty());
}

TEST_CASE("P05: a route to the gateway's own admin listener is refused") {
  const auto errors = [](const std::string& admin, const std::string& to) {
    Sample sample;
    sample.top = "listen: {admin: '" + admin + "'}\n";
    sample.routes = "routes: [{host: a.example.com, public: true, to: '" + to + "'}]\n";
    return all_of(sample.load().errors);
  };
  CHECK(errors("127.0.0.1:9901", "http://127.0.0.1:9901").find("own listen.admin") != std::string::npos);
  CHECK(errors("127.0.0.1:9901", "http://localhost:9901").find("own listen.admin") != std::string::npos);
  CHECK(errors(":9901", "http://[::1]:9901").find("own listen.admin") != std::string::npos);
  CHECK(errors("127.0.0.1:9901", "http://127.0.0.1:9902").empty());
}

TEST_CASE("plain http to a public place is warned about") {
  const auto upstream = [](const std::string& to) {
    return load_route("host: a.example.com, policy: staff, to: '" + to + "'");
  };
  for (const std::string to : {"http://8.8.8.8", "http://app.example.com", "http://[2001:4860::1]:80"}) {
    CAPTURE(to);
    CHECK(warns_of(upstream(to), "plain http"));
  }
  for (const std::string to :
       {"https://app.example.com", "http://10.0.0.1", "http://127.0.0.1", "http://[fd00::1]", "http://app",
        "http://app.ns.svc", "http://app.ns.svc.cluster.local", "http://nas.lan", "http://x.internal"}) {
    CAPTURE(to);
    CHECK_FALSE(warns_of(upstream(to), "plain http"));
  }
  CHECK(warns_of(load_provider("connect_to: 'http://8.8.8.8'"), "connect_to: plain http"));
}

TEST_CASE("a name that two providers may give is warned about, sub is not") {
  const auto two = [](std::string_view identity, std::string_view allow) {
    Sample sample;
    sample.login +=
        "    other: {type: oidc, issuer: 'https://o.example.com', client_id: a, client_secret: {env: "
        "CLIENT_SECRET}}\n";
    sample.policies = "policies:\n  staff: {allow: [" + std::string(allow) + "]}\n";
    sample.routes = "routes:\n  - {host: app.example.com, to: 'http://app', policy: staff, identity: " +
                    std::string(identity) + "}\n";
    return sample.load();
  };
  CHECK(warns_of(two("grafana", "{email_domain: example.com}"), "two providers"));
  CHECK(warns_of(two("{X-U: '{user}'}", "{group: a}"), "two providers"));
  CHECK(two("grafana", "{provider: corp, group: a}").warnings.empty());
  CHECK(two("{X-U: '{sub}', X-P: '{provider}'}", "{group: a}").warnings.empty());
  CHECK(two("none", "{group: a}").warnings.empty());
}

TEST_CASE("a proxy that asks, and whose word about its clients nobody believes, is warned about") {
  const auto asked = [](const std::string& trusted, const std::string& allow) {
    Sample sample;
    sample.top = "listen: {trusted_proxies: " + trusted + "}\n";
    sample.login += "  auth_check: {from: [10.2.0.0/16, 'fd00::5']}\n";
    sample.policies = "policies:\n  staff: {allow: [" + allow + "]}\n";
    sample.routes = "routes:\n  - {host: app.example.com, to: 'http://app', policy: staff}\n";
    return sample.load();
  };
  const std::string by_address = "{group: a, ip: 192.0.2.0/24}";
  CHECK(warns_of(asked("[10.2.0.0/17, 'fd00::/8']", by_address), "nobody believes 10.2.0.0/16"));
  CHECK(warns_of(asked("[10.0.0.0/8, 'fd00::4']", by_address), "nobody believes fd00::5/128"));
  CHECK_FALSE(warns_of(asked("[10.0.0.0/8, 'fd00::/8']", by_address), "nobody believes"));
  CHECK_FALSE(warns_of(asked("[10.0.0.1]", "{group: a}"), "nobody believes"));
}

TEST_CASE("trusted e-mail and identity on a public route are warned about") {
  CHECK(warns_of(load_provider("email: trusted"), "any e-mail address"));
  CHECK(load_provider("email: verified").warnings.empty());
  CHECK(warns_of(load_route("host: a.example.com, to: 'http://app', public: true, identity: grafana"),
                 "sends no identity"));
}

TEST_CASE("the health path hides no route and none of the sign-in") {
  const auto health = [](const std::string& path, const std::string& route) {
    Sample sample;
    sample.top = "listen: {health_path: " + path + "}\n";
    sample.routes = "routes:\n  - {host: a.example.com, path: " + route + kStaff + "}\n";
    return sample.load();
  };
  CHECK(health("/healthz", "/").config);
  CHECK(fails_with(health("/healthz", "/healthz"), "is listen.health_path on every host"));
  CHECK(fails_with(health("/oauth2/callback", "/"), "is below login.prefix"));
}

TEST_CASE("10,000 routes that keep %2F cost no more each than fewer do") {
  const auto load = [](int size) {
    std::vector<std::string> routes;
    for (int i = 0; i < size; ++i) {
      routes.push_back("host: a.example.com, path: /p" + std::to_string(i) + kStaff +
                       ", encoded_slashes: keep");
    }
    CHECK(load_routes(routes).config);
  };
  CHECK(grows_in_line(load, 2'500));
}

TEST_CASE(
    "an issuer that a route of the file serves is asked where the route leads, unless connect_to says "
    "otherwise") {
  const auto asked_at = [](const std::string& route, const std::string& more = "",
                           const std::string& top = "") {
    Sample sample;
    sample.top = top;
    sample.login =
        "login:\n  host: app.example.com\n  providers:\n    dex: {type: oidc, issuer: "
        "'https://id.example.com/dex', client_id: a, client_secret: {env: CLIENT_SECRET}" +
        more + "}\n";
    sample.routes = "routes:\n  - {host: app.example.com, to: 'http://app:80', policy: staff}\n" + route;
    const LoadOutcome outcome = sample.load();
    CAPTURE(all_of(outcome.errors));
    REQUIRE(outcome.config);
    const auto& connect_to = outcome.config->login.providers[0].connect_to;
    return connect_to ? connect_to->origin() : std::string();
  };
  const std::string here = "  - {host: id.example.com, path: /dex, public: true, to: 'http://dex:5556'";
  CHECK(asked_at(here + "}\n") == "http://dex:5556");
  CHECK(asked_at("  - {host: id.example.com, public: true, to: ['http://dex:5556', 'http://dex2:5556']}\n") ==
        "http://dex:5556");
  CHECK(asked_at("  - {host: id.example.com, public: true, to: 'http://other'}\n" + here + "}\n") ==
        "http://dex:5556");
  CHECK(asked_at(here + "}\n", ", connect_to: 'http://10.0.0.1:1'") == "http://10.0.0.1:1");
  CHECK(asked_at(here + "}\n", "", "listen: {public_port: 8443}\n").empty());
  CHECK(asked_at(here + ", strip_prefix: true}\n").empty());
  CHECK(asked_at(here + ", upstream_host: upstream}\n").empty());
  CHECK(asked_at("  - {host: id.example.com, path: /de, public: true, to: 'http://dex:5556'}\n").empty());
  CHECK(asked_at("  - {host: '*.example.com', public: true, to: 'http://dex:5556'}\n").empty());
  CHECK(asked_at("  - {host: id.example.com, public: true, to: 'https://dex'}\n").empty());
  CHECK(asked_at("  - {host: id.example.com, public: true, to: 'unix:/run/dex'}\n").empty());
  CHECK(asked_at("  - {host: id.example.com, redirect: 'https://x.example.com{uri}'}\n").empty());
}

#include "config/loader.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

TEST_CASE("the smallest file gets the documented defaults") {
  const LoadOutcome outcome = Sample().load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  CHECK(outcome.warnings.empty());
  const Config& config = *outcome.config;
  REQUIRE(config.listen.https.size() == 1);
  CHECK(config.listen.https[0].port == 443);
  CHECK_FALSE(config.listen.https[0].ip);
  REQUIRE(config.listen.http.size() == 1);
  CHECK(config.listen.http[0].port == 80);
  CHECK_FALSE(config.listen.public_port);
  CHECK(config.listen.health_path.empty());
  CHECK_FALSE(config.workers);
  CHECK(config.resolver.empty());
  CHECK(config.tls.min_version == TlsVersion::tls_1_2);
  CHECK(config.storage.directory == "/var/lib/gateway");
  CHECK(config.login.host == "app.example.com");
  CHECK(config.login.prefix == "/oauth2");
  CHECK(config.login.session.lifetime == std::chrono::hours(12));
  CHECK(config.login.session.idle == std::chrono::hours(2));
  CHECK(config.login.session.same_site == SameSite::lax);
  CHECK(config.login.session.cookie_name == "gateway");
  CHECK(config.login.providers[0].email == EmailTrust::verified);
  CHECK(config.limits.http.header_bytes == 32768);
  CHECK(config.limits.http.header_count == 128);
  CHECK(config.limits.http.uri_bytes == 8192);
  CHECK(config.limits.http.header_time == std::chrono::seconds(10));
  CHECK(config.limits.http.body_rate == 1024);
  CHECK(config.limits.http.keep_alive == std::chrono::seconds(75));
  CHECK_FALSE(config.limits.connections);
  CHECK(config.shutdown.delay.count() == 0);
  CHECK(config.shutdown.timeout == std::chrono::seconds(60));
  CHECK(config.log.level == core::LogLevel::info);
  CHECK(config.log.access == AccessLogTarget::standard_output);
  REQUIRE(config.routes.size() == 1);
  const Route& route = config.routes[0];
  CHECK(route.path == PathPattern{});
  CHECK(route.access == Access{AccessKind::policy, 0});
  CHECK(config.policy_of(route.access).otherwise == Otherwise::denied);
  CHECK(route.unauthenticated == Unauthenticated::automatic);
  CHECK(route.identity.preset == IdentityPreset::none);
  CHECK(route.encoded_slashes == SlashMode::refuse);
  CHECK(route.timeouts == Timeouts{});
  CHECK_FALSE(route.limits.body);
  CHECK(std::get<Upstream>(route.action).host.mode == UpstreamHostMode::preserve);
}

TEST_CASE("an access rule nobody has set denies") {
  CHECK(Access{}.kind == AccessKind::deny);
  CHECK(Route{}.access.kind == AccessKind::deny);
}

TEST_CASE("every mistake of a file is reported at once, each at its place") {
  Sample sample;
  sample.top =
      "listn: {}\n"
      "workers: many\n"
      "limits: {header_bytes: 64KB, headrs: 3}\n"
      "shutdown: [1]\n";
  const LoadOutcome outcome = sample.load();
  CHECK_FALSE(outcome.config);
  const std::string all = all_of(outcome.errors);
  CAPTURE(all);
  CHECK(outcome.errors.size() == 5);
  CHECK(all.contains("9:1 unknown key \"listn\" | did you mean \"listen\"?"));
  CHECK(all.contains("10:10 workers: expected a whole number"));
  CHECK(all.contains("11:24 limits.header_bytes: expected a size"));
  CHECK(all.contains("11:30 unknown key \"limits.headrs\" | did you mean \"headers\"?"));
  CHECK(all.contains("12:11 shutdown: expected a map of keys, found a list"));
}

TEST_CASE("a file without any of what is needed says what is missing") {
  const FakeEnvironment environment;
  for (const std::string text : {"", "{}", "# nothing\n", "a", "[]", "null"}) {
    CAPTURE(text);
    const LoadOutcome outcome = load_text(text, environment);
    CHECK_FALSE(outcome.config);
    CHECK_FALSE(outcome.errors.empty());
  }
  const std::string all = all_of(load_text("{}", environment).errors);
  CHECK(all.contains("routes: is missing"));
  CHECK(all.contains("tls.certificates: is missing"));
}

TEST_CASE("a key without a value is an error, not a default") {
  CHECK(fails_with(load_with("limits:\n  keep_alive:\n"), "limits.keep_alive: a value is missing"));
  CHECK(fails_with(load_with("log: ~\n"), "log: a value is missing"));
}

TEST_CASE("the storage directory comes from the file, else from systemd, else is fixed") {
  Sample sample;
  sample.environment.variables["STATE_DIRECTORY"] = "/var/lib/one:/var/lib/two";
  CHECK(sample.load().config->storage.directory == "/var/lib/one");
  sample.top = "storage: /srv/gateway\n";
  CHECK(sample.load().config->storage.directory == "/srv/gateway");
}

TEST_CASE("the control socket is below systemd's run directory unless the file says where, or off") {
  Sample sample;
  CHECK(sample.load().config->listen.control.empty());
  sample.environment.variables["RUNTIME_DIRECTORY"] = "/run/one:/run/two";
  CHECK(sample.load().config->listen.control == "/run/one/control.sock");
  sample.top = "listen: {control: /srv/control.sock}\n";
  CHECK(sample.load().config->listen.control == "/srv/control.sock");
  sample.top = "listen: {control: 'off'}\n";
  CHECK(sample.load().config->listen.control.empty());
}

TEST_CASE("a file that cannot be read is an error with the reason") {
  const FakeEnvironment environment;
  const LoadOutcome outcome = load_file("/nonexistent/gateway.yaml", environment);
  CHECK_FALSE(outcome.config);
  CHECK(all_of(outcome.errors).contains("No such file or directory"));
  CHECK_FALSE(load_file("/dev/zero", environment).config);
  const Sample sample;
  const std::string path = sample.folder.write("gateway.yaml", sample.text());
  CHECK(load_file(path, sample.environment).config);
}

TEST_CASE("a byte order mark does not move the places") {
  const FakeEnvironment environment;
  const LoadOutcome outcome = load_text("\xEF\xBB\xBFrouts: []\n", environment);
  CHECK(all_of(outcome.errors).contains("1:1 unknown key \"routs\""));
}

TEST_CASE("files that are named are listed once, sorted") {
  const LoadOutcome outcome = Sample().load();
  REQUIRE(outcome.config->referenced_files.size() == 2);
  CHECK(outcome.config->referenced_files[0].ends_with("tls.crt"));
  CHECK(outcome.config->referenced_files[1].ends_with("tls.key"));
}

TEST_CASE("equal texts give equal values, moved lines too, another value does not") {
  Sample sample;
  const Config first = *sample.load().config;
  sample.tls = "# a comment\n\n" + sample.tls;
  CHECK(*sample.load().config == first);
  sample.top = "limits: {headers: 129}\n";
  CHECK_FALSE(*sample.load().config == first);
  sample.top.clear();
  sample.environment.variables["CLIENT_SECRET"] = "other";
  CHECK_FALSE(*sample.load().config == first);
}

TEST_CASE("10,000 routes load, and cost no more each than fewer do") {
  const auto load = [](int size) {
    Sample sample;
    sample.routes = "routes:\n";
    for (int i = 0; i < size; ++i) {
      sample.routes += "  - {host: h" + std::to_string(i) + ".a.com, to: 'http://app:80', policy: staff}\n";
    }
    sample.login += "  host: auth.a.com\n";
    const LoadOutcome outcome = sample.load();
    CAPTURE(all_of(outcome.errors));
    CHECK(outcome.config);
  };
  CHECK(grows_in_line(load, 2'500));
}

TEST_CASE("50,000 unknown keys are refused without comparing each with every name") {
  const auto load = [](int size) {
    const FakeEnvironment environment;
    std::string text;
    for (int i = 0; i < size; ++i) text += "k" + std::to_string(i) + ": 1\n";
    CHECK(load_text(text, environment).errors.size() == Findings::kMaxErrors);
  };
  CHECK(grows_in_line(load, 12'500));
}

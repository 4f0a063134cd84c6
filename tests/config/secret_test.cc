// Where secrets come from, and where they must never show up.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <string>
#include <vector>

#include "config/hide.h"
#include "config/loader.h"
#include "config/secret.h"
#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

/// The sample with this as the client secret.
struct SecretSample : Sample {
  LoadOutcome load_secret(std::string_view secret) {
    login =
        "login:\n  providers:\n    corp: {type: oidc, issuer: 'https://id.example.com', client_id: gateway, "
        "client_secret: " +
        std::string(secret) + "}\n";
    return load();
  }
};

std::string_view secret_of(const LoadOutcome& outcome) {
  if (!outcome.config) return {};
  return outcome.config->login.providers[0].client_secret.value.reveal();
}

}  // namespace

TEST_CASE("one trailing line end of a secret's file is dropped, nothing else") {
  SecretSample sample;
  const std::vector<std::pair<std::string, std::string>> rows{
      {"abc", "abc"}, {"abc\n", "abc"}, {"abc\r\n", "abc"}, {" abc ", " abc "}};
  for (const auto& [bytes, secret] : rows) {
    const LoadOutcome outcome = sample.load_secret("{file: " + sample.folder.write("secret", bytes) + "}");
    CHECK(secret_of(outcome) == secret);
    CHECK(outcome.warnings.empty());
  }
}

TEST_CASE("an empty or missing secret is an error that says where") {
  SecretSample sample;
  for (const std::string bytes : {"", "\n", "\r\n"}) {
    CHECK(fails_with(sample.load_secret("{file: " + sample.folder.write("secret", bytes) + "}"), "empty"));
  }
  CHECK(fails_with(sample.load_secret("{file: /nonexistent/secret}"),
                   "cannot read /nonexistent/secret: No such file or directory"));
  CHECK(fails_with(sample.load_secret("{file: /tmp}"), "not a regular file"));
  CHECK(fails_with(sample.load_secret("{file: " + sample.folder.write("big", std::string(70'000, 'x')) + "}"),
                   "larger"));
  CHECK(fails_with(sample.load_secret("{file: " + sample.folder.write("two", "a\nb\n") + "}"), "one line"));
  sample.environment.variables["EMPTY"] = "";
  CHECK(fails_with(sample.load_secret("{env: EMPTY}"), "empty"));
  CHECK(fails_with(sample.load_secret("{env: NOT_SET}"), "NOT_SET is not set"));
  CHECK(fails_with(sample.load_secret("\"\""), "empty"));
}

TEST_CASE("a secret's file that is a pipe does not keep the start waiting") {
  SecretSample sample;
  const std::string pipe = sample.folder.path("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(fails_with(sample.load_secret("{file: " + pipe + "}"), "not a regular file"));
}

TEST_CASE("a credential is a file in the directory that systemd names") {
  SecretSample sample;
  CHECK(fails_with(sample.load_secret("{credential: oidc}"), "$CREDENTIALS_DIRECTORY is not set"));
  const std::string file = sample.folder.write("oidc", "cred\n");
  sample.environment.variables["CREDENTIALS_DIRECTORY"] = file.substr(0, file.rfind('/'));
  CHECK(secret_of(sample.load_secret("{credential: oidc}")) == "cred");
  CHECK(fails_with(sample.load_secret("{credential: ../oidc}"), "not a path"));
  CHECK(fails_with(sample.load_secret("{credential: ..}"), "not a path"));
}

TEST_CASE("a secret names exactly one place") {
  SecretSample sample;
  CHECK(fails_with(sample.load_secret("{}"), "exactly one of file, env, credential"));
  CHECK(fails_with(sample.load_secret("{env: CLIENT_SECRET, file: /x}"), "exactly one"));
  CHECK(fails_with(sample.load_secret("[a]"), "expected a map"));
}

TEST_CASE("an inline secret works, is warned about, and is in no message, excerpt or print") {
  SecretSample sample;
  const LoadOutcome outcome = sample.load_secret("hunter2");
  CHECK(warns_of(outcome, "stands in the file"));
  CHECK(secret_of(outcome) == "hunter2");
  CHECK_FALSE(print(*outcome.config).contains("hunter2"));
  CHECK_FALSE(outcome.source.contains("hunter2"));
  for (const Diagnostic& warning : outcome.warnings) {
    CHECK_FALSE(render(warning, "f", outcome.source).contains("hunter2"));
  }
}

TEST_CASE("an error in the line of an inline secret does not show it") {
  SecretSample sample;
  for (const std::string secret :
       {"hunter2, bogus: 1", "'hunter2', bogus: 1", "\"hunter2\" , scopes: []", "hunter2\n hunter2",
        "hunter2, client_secert: hunter2", "hunter2, bogus: 1}\n  x: ["}) {
    CAPTURE(secret);
    const LoadOutcome outcome = sample.load_secret(secret);
    std::string all;
    for (const Diagnostic& error : outcome.errors) all += render(error, "f", outcome.source);
    for (const Diagnostic& warning : outcome.warnings) all += render(warning, "f", outcome.source);
    CAPTURE(all);
    CHECK_FALSE(all.empty());
    CHECK_FALSE(all.contains("hunter2"));
  }
}

TEST_CASE("secrets under keys that hold other things elsewhere are not shown either") {
  const std::string webhook =
      "{allow: [{authenticated: true}], otherwise: pending, "
      "approval: {admins: staff, webhook: {url: 'https://h', key: whsec_hunter2}}}";
  for (const std::string& text :
       {std::string("tracing: {otlp: 'http://127.0.0.1:4318', headers: {Authorization: Bearer hunter2}}\n"),
        "policies:\n  staff: " + webhook +
            "\nroutes: [{host: a.example.com, respond: {}, policy: staff}]\n"}) {
    CAPTURE(text);
    const LoadOutcome outcome = load_text(text, FakeEnvironment());
    std::string all;
    for (const Diagnostic& error : outcome.errors) all += render(error, "f", outcome.source);
    for (const Diagnostic& warning : outcome.warnings) all += render(warning, "f", outcome.source);
    CAPTURE(all);
    CHECK(all.contains("****"));
    CHECK_FALSE(all.contains("hunter2"));
  }
}

TEST_CASE("what hides a secret leaves places alone") {
  const std::string text = "keys: [{file: /run/key}]\ncertificate: {key: /etc/tls.key}\n";
  CHECK(hide_likely_secrets(text) == "keys: ******************\ncertificate: {key: /etc/tls.key}\n");
  CHECK(is_secret_key("client_secret"));
  CHECK(is_secret_key("client_secert"));
  CHECK_FALSE(is_secret_key("key"));
  CHECK_FALSE(is_secret_key("client_id"));
}

TEST_CASE("a secret from ${NAME} is not inline") {
  SecretSample sample;
  const LoadOutcome outcome = sample.load_secret("\"${CLIENT_SECRET}\"");
  CHECK(secret_of(outcome) == "s3cret");
  CHECK(outcome.warnings.empty());
  CHECK_FALSE(print(*outcome.config).contains("s3cret"));
}

TEST_CASE("session keys are 32 bytes in base64, each once") {
  const auto with_keys = [](std::string_view keys) {
    Sample other;
    std::string login = other.login;
    other.login =
        "login:\n  session: {keys: " + std::string(keys) + "}\n" + login.substr(login.find('\n') + 1);
    other.environment.variables["OLD"] = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
    other.environment.variables["NEW"] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    other.environment.variables["SHORT"] = "AAAA";
    return other.load();
  };
  const LoadOutcome good = with_keys("[{env: NEW}, {env: OLD}]");
  CAPTURE(all_of(good.errors));
  REQUIRE(good.config);
  REQUIRE(good.config->login.session.keys.size() == 2);
  CHECK(good.config->login.session.keys[0].value.reveal().size() == 32);
  CHECK(good.config->login.session.keys[0].value.reveal().starts_with(std::string_view("\0\1\2", 3)));
  CHECK(good.config->login.session.keys[1].value.reveal().starts_with(" !\""));
  CHECK(with_keys("{env: NEW}").config);
  CHECK(fails_with(with_keys("[{env: SHORT}]"), "gateway keygen"));
  CHECK(fails_with(with_keys("[{env: NEW}, {env: NEW}]"), "stands twice"));
  CHECK(fails_with(with_keys("[]"), "empty"));
}

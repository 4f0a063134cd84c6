// tls.acme: one row a rule.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

constexpr const char* kRoutes = "routes: [{host: app.example.com, respond: {}}]\n";

LoadOutcome load(const std::string& text) {
  const FakeEnvironment environment;
  return load_text(text, environment);
}

LoadOutcome load_acme(const std::string& acme, const std::string& more = kRoutes) {
  return load("tls: {acme: " + acme + "}\n" + more);
}

}  // namespace

TEST_CASE("tls-alpn-01 works with storage for replicas, for every replica answers it") {
  const std::string shared = std::string(kRoutes) + "storage: redis://127.0.0.1:6379\n";
  CHECK(load_acme("{email: ops@example.com, challenge: tls-alpn-01}", shared).warnings.empty());
}

TEST_CASE("an e-mail address and hosts are all that certificates need") {
  const LoadOutcome outcome = load_acme("{email: ops@example.com}");
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  const Acme& acme = *outcome.config->tls.acme;
  CHECK(acme.email == "ops@example.com");
  REQUIRE(acme.authorities.size() == 1);
  CHECK(acme.authorities[0].url.text() == "https://acme-v02.api.letsencrypt.org/directory");
  CHECK(acme.challenge == AcmeChallengeKind::http_01);
  CHECK(acme.self_test == SelfTest::warn);
  CHECK(acme.names_per_certificate == 1);
}

TEST_CASE("every key of acme is read") {
  const LoadOutcome outcome = load_acme(
      "{email: a@example.com, directory: [letsencrypt-staging, {url: 'https://ca.example/dir', hosts: "
      "[cdn.example]}], profile: shortlived, challenge: tls-alpn-01, self_test: require, preferred_issuer: "
      "Root X2, "
      "names_per_certificate: 50, external_account: {key_id: k, hmac_key: "
      "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY}, "
      "dns: {provider: rfc2136, server: '10.0.0.1:5353', key_name: gw.key, secret: "
      "'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=', algorithm: hmac-sha512, propagation: 30s, servers: "
      "['10.0.0.2:53']}}");
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  const Acme& acme = *outcome.config->tls.acme;
  CHECK(acme.authorities[1].hosts == std::vector<std::string>{"cdn.example"});
  CHECK(acme.external_account->hmac_key.value.reveal() == "0123456789abcdef0123456789abcdef");
  CHECK(acme.dns->server == "10.0.0.1");
  CHECK(acme.dns->port == 5353);
  CHECK(acme.dns->secret.value.reveal() == "0123456789abcdef0123456789abcdef");
  CHECK(acme.dns->propagation == std::chrono::seconds(30));
}

TEST_CASE("what is written comes out of print and loads to the same value") {
  for (const char* acme :
       {"{email: a@example.com}",
        "{email: a@example.com, directory: {url: zerossl, hosts: [x.example]}, profile: p}",
        "{email: a@example.com, challenge: dns-persist-01, dns: {provider: exec, command: [/bin/true, "
        "x]}}"}) {
    const LoadOutcome first = load_acme(acme);
    CAPTURE(all_of(first.errors));
    REQUIRE(first.config);
    const LoadOutcome second = load(print(*first.config));
    CAPTURE(all_of(second.errors));
    REQUIRE(second.config);
    CHECK(first.config->tls.acme->authorities == second.config->tls.acme->authorities);
    CHECK(first.config->tls.acme->challenge == second.config->tls.acme->challenge);
    CHECK(first.config->tls.acme->dns == second.config->tls.acme->dns);
  }
}

TEST_CASE("what cannot work is said before the start") {
  struct Row {
    std::string acme;
    std::string why;
  };
  const Row rows[] = {
      {"{email: nobody}", "tls.acme.email"},
      {"{email: a@example.com, directory: 'http://ca.example/dir'}", "the https URL of a directory"},
      {"{email: a@example.com, directory: lets-encrypt}", "the https URL of a directory"},
      {"{email: a@example.com, directory: [letsencrypt, letsencrypt]}", "stands twice"},
      {"{email: a@example.com, directory: []}", "1 to 4"},
      {"{email: a@example.com, directory: {hosts: [a.example]}}", "tls.acme.directory.url: is missing"},
      {"{email: a@example.com, challenge: http-02}", "expected one of http-01"},
      {"{email: a@example.com, challenge: dns-01}", "dns-01 needs tls.acme.dns"},
      {"{email: a@example.com, names_per_certificate: 0}", "1 to 100"},
      {"{email: a@example.com, names_per_certificate: 101}", "1 to 100"},
      {"{email: a@example.com, dns: {}}", "tls.acme.dns.provider: is missing"},
      {"{email: a@example.com, dns: {provider: route53}}", "expected one of exec"},
      {"{email: a@example.com, dns: {provider: exec}}", "tls.acme.dns.command: is missing"},
      {"{email: a@example.com, dns: {provider: exec, command: present.sh}}", "absolute path"},
      {"{email: a@example.com, dns: {provider: rfc2136}}", "tls.acme.dns.server: is missing"},
      {"{email: a@example.com, dns: {provider: rfc2136, server: ns, key_name: k}}", "belong together"},
      {"{email: a@example.com, dns: {provider: rfc2136, server: ns, key_name: k, secret: short}}",
       "16 bytes"},
      {"{email: a@example.com, dns: {provider: rfc2136, server: ns, algorithm: hmac-md5}}", "hmac-sha256"},
      {"{email: a@example.com, dns: {provider: scaleway}}", "tls.acme.dns.secret_key: is missing"},
      {"{email: a@example.com, external_account: {hmac_key: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY}}",
       "tls.acme.external_account.key_id: is missing"},
      {"{email: a@example.com, trusted_ca: /does/not/exist.pem}", "tls.acme.trusted_ca"},
      {"{email: a@example.com, emial: x}", "did you mean \"email\""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.acme);
    const LoadOutcome outcome = load_acme(row.acme);
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, row.why));
  }
}

TEST_CASE("a host that nobody brings a certificate for is an error") {
  CHECK(fails_with(load_acme("{email: a@example.com}", "routes: [{host: '*', respond: {}}]\n"),
                   "no certificate"));
  CHECK(fails_with(
      load_acme("{email: a@example.com}", "routes: [{host: a.example, acme: false, respond: {}}]\n"),
      "no certificate"));
  CHECK(fails_with(load_acme("{email: a@example.com}", "routes: [{host: '*.a.example', respond: {}}]\n"),
                   "needs tls.acme.dns"));
  CHECK(load_acme("{email: a@example.com, challenge: dns-persist-01}",
                  "routes: [{host: '*.a.example', respond: {}}]\n")
            .config);
}

// login.client_certificates: what is read, what is refused, and rules that name such clients.
#include <doctest/doctest.h>

#include <string>

#include "config/print.h"
#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

constexpr std::string_view kDevices =
    "policies:\n  staff: {allow: [{authenticated: true}, {client: devices}]}\n";

/// The sample with these client certificates, whose file ca.pem exists.
LoadOutcome load_certificates(const std::string& clients, std::string_view policies = kDevices) {
  Sample sample;
  const std::string ca = sample.folder.write("ca.pem", "anything");
  std::string text = clients;
  for (std::size_t at = text.find("CA"); at != std::string::npos; at = text.find("CA", at))
    text.replace(at, 2, "'" + ca + "'");
  sample.login += "  client_certificates: " + text + "\n";
  sample.policies = policies;
  return sample.load();
}

}  // namespace

TEST_CASE("client certificates are read, with what makes the identity") {
  const LoadOutcome outcome = load_certificates(
      "{devices: {hosts: [APP.example.com], ca: CA, crl: CA, mode: required, claims: {user: dns}}}");
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  REQUIRE(outcome.config->login.certificate_clients.size() == 1);
  const CertificateClient& client = outcome.config->login.certificate_clients[0];
  CHECK(client.name == "devices");
  CHECK(client.hosts == std::vector<std::string>{"app.example.com"});
  CHECK(client.mode == ClientCertificates::required);
  CHECK(client.issuer.claims.user.steps == std::vector<std::string>{"dns"});
  CHECK(client.issuer.claims.name.steps == std::vector<std::string>{"cn"});
  CHECK(client.issuer.email == EmailTrust::trusted);
  CHECK(print(*outcome.config).find("mode: required") != std::string::npos);
}

TEST_CASE("H07: a host asks in one way, is served, and by TLS of ours") {
  const std::string usual = "hosts: [app.example.com], ca: CA";
  CHECK(load_certificates("{devices: {" + usual + "}}").config);
  CHECK(fails_with(load_certificates("{devices: {" + usual + "}, more: {" + usual + "}}"),
                   "a host asks in one way"));
  CHECK(fails_with(load_certificates("{devices: {hosts: [b.example.com], ca: CA}}"),
                   "no route is for b.example.com"));
  CHECK(fails_with(load_certificates("{devices: {hosts: ['*'], ca: CA}}"), "expected a host name"));
  CHECK(fails_with(load_certificates("{devices: {hosts: [], ca: CA}}"), "hosts: is missing"));
  CHECK(fails_with(load_certificates("{devices: {ca: CA}}"), "hosts: is missing"));
  CHECK(fails_with(load_certificates("{devices: {hosts: [app.example.com]}}"), "ca: is missing"));
  CHECK(fails_with(load_certificates("{devices: {" + usual + ", mode: maybe}}"), "mode"));
  CHECK(fails_with(load_certificates("{devices: {" + usual + ", depth: 3}}"), "unknown key"));
  CHECK(fails_with(load_certificates("[devices]", "policies:\n  staff: {allow: [{authenticated: true}]}\n"),
                   "expected a map"));
}

TEST_CASE("rules name such clients, also by their e-mail, and no client that is not there") {
  const std::string devices = "{devices: {hosts: [app.example.com], ca: CA}}";
  const auto rule = [&](const std::string& text) {
    return load_certificates(devices, "policies:\n  staff: {allow: [{authenticated: true}, " + text + "]}\n");
  };
  CHECK(rule("{client: devices, email_domain: example.com}").config);
  CHECK(fails_with(rule("{client: device}"), "did you mean \"devices\"?"));
  CHECK(fails_with(rule("{client: devices, authenticated: true}"), "a client is a machine"));
}

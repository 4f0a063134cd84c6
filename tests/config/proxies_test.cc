// listen.plain, proxy_protocol, trusted_proxies, client_ip_header: who is believed, and what is refused or
// doubtful.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

LoadOutcome load_listen(std::string_view keys) {
  return load_with("listen: {" + std::string(keys) + "}\n");
}

Listen listen_of(std::string_view keys) {
  const LoadOutcome outcome = load_listen(keys);
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  return outcome.config->listen;
}

core::IpAddress address(std::string_view text) {
  return *core::IpAddress::parse(text);
}

}  // namespace

TEST_CASE("F01: nobody is believed unless the file names somebody") {
  const LoadOutcome outcome = Sample().load();
  REQUIRE(outcome.config);
  CHECK(outcome.config->listen.trusted_proxies.empty());
  CHECK(outcome.config->listen.proxy_protocol.from.empty());
  CHECK(outcome.config->listen.plain.empty());
  CHECK(outcome.config->listen.client_ip_header == "X-Forwarded-For");
}

TEST_CASE("trusted proxies are networks or single addresses") {
  const Listen listen = listen_of("trusted_proxies: [100.64.0.0/10, 192.0.2.1, '2001:db8::1']");
  REQUIRE(listen.trusted_proxies.size() == 3);
  CHECK(listen.trusted_proxies[0].contains(address("100.64.3.4")));
  CHECK(listen.trusted_proxies[1].text() == "192.0.2.1/32");
  CHECK(listen.trusted_proxies[2].text() == "2001:db8::1/128");  // F06
  CHECK_FALSE(listen.trusted_proxies[2].contains(address("2001:db8::2")));
  CHECK(listen_of("trusted_proxies: 192.0.2.1").trusted_proxies.size() == 1);
  CHECK(listen_of("trusted_proxies: []").trusted_proxies.empty());
  CHECK(
      listen_of("trusted_proxies: ['::ffff:10.0.0.0/104']").trusted_proxies[0].contains(address("10.1.2.3")));
}

TEST_CASE("PROXY protocol names its balancers and how strict it is") {
  const ProxyProtocol strict = listen_of("proxy_protocol: {from: [10.0.0.0/8]}").proxy_protocol;
  CHECK(strict.mode == ProxyProtocolMode::required);
  CHECK(strict.from.size() == 1);
  const ProxyProtocol mixed = listen_of("proxy_protocol: {from: 10.0.0.1, mode: optional}").proxy_protocol;
  CHECK(mixed.mode == ProxyProtocolMode::optional);
  CHECK(listen_of("proxy_protocol: off").proxy_protocol.from.empty());
}

TEST_CASE("plain listens on addresses of its own, for trusted proxies") {
  const Listen listen = listen_of("plain: ['127.0.0.1:8080', ':8081'], trusted_proxies: [127.0.0.1]");
  CHECK(listen.plain.size() == 2);
  CHECK(listen_of("plain: off").plain.empty());
  CHECK(listen_of("plain: ':0', trusted_proxies: [127.0.0.1]").plain[0].port == 0);
}

TEST_CASE("what would believe the wrong ones is refused, with its place") {
  struct Row {
    std::string keys;
    std::string why;
  };
  const std::vector<Row> rows{
      {"trusted_proxies: [10.0.0.0/33]", "prefix length is wrong"},
      {"trusted_proxies: [10.0.0.1/8]", "bits after the prefix"},
      {"trusted_proxies: [proxy.example.com]", "expected a network"},
      {"trusted_proxies: [10.0.0.0/8, 10.0.0.0/8]", "stands twice"},
      {"trusted_proxies: [10.0.0.1, 10.0.0.1/32]", "stands twice"},
      {"trusted_proxies: {from: 10.0.0.0/8}", "expected a single value"},
      {"trusted_proxies: [[10.0.0.0/8]]", "expected a single value"},
      {"trusted_proxies: ['fe80::1%eth0']", "expected a network"},
      {"proxy_protocol: {mode: required}", "from: is missing"},
      {"proxy_protocol: {from: []}", "from: is missing"},
      {"proxy_protocol: {from: [10.0.0.0/8], mode: strict}", "expected one of required, optional"},
      {"proxy_protocol: {from: [10.0.0.0/8], version: 2}", "unknown key"},
      {"proxy_protocol: [10.0.0.0/8]", "expected a map"},
      {"proxy_protocol: {from: [10.0.0.0/8], except: [':8443']}", "no address of listen.https"},
      {"proxy_protocol: {from: [10.0.0.0/8], except: ['127.0.0.1:443']}", "no address of listen.https"},
      {"proxy_protocol: {from: [10.0.0.0/8], except: [':443', ':80']}", "no listener is left"},
      {"proxy_protocol: {from: [10.0.0.0/8], except: []}", "the list is empty"},
      {"https: ['10.0.0.5:443', ':443'], proxy_protocol: {from: [10.0.0.0/8], except: [':443']}",
       "another listener has this port"},
      {"plain: ':8080'", "answers trusted proxies alone"},
      {"plain: ':8080', trusted_proxies: []", "answers trusted proxies alone"},
      {"plain: [':8080', ':8080'], trusted_proxies: [10.0.0.1]", "stands twice"},
      {"plain: ':443', trusted_proxies: [10.0.0.1]", "under https or http too"},
      {"plain: ':80', trusted_proxies: [10.0.0.1]", "under https or http too"},
      {"trusted_proxies: [10.0.0.1], client_ip_header: 'X Real IP'", "expected the name of one header field"},
      {"trusted_proxies: [10.0.0.1], client_ip_header: ''", "client_ip_header"},
      {"trusted_proxies: [10.0.0.1], client_ip_header: Host", "cannot say who the client is"},
      {"trusted_proxies: [10.0.0.1], client_ip_header: Cookie", "cannot say who the client is"},
      {"trusted_proxies: [10.0.0.1], client_ip_header: Authorization", "cannot say who the client is"},
      {"trusted_proxies: [10.0.0.1], client_ip_header: X-Forwarded-Host", "cannot say who the client is"},
      {"trusted_proxies: [10.0.0.1], client_ip_header: X-Auth-Request-User", "cannot say who the client is"},
      {"trusted_proxies: [10.0.0.1], client_ip_header: [X-Real-IP, Forwarded]", "expected a single value"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.keys);
    const LoadOutcome outcome = load_listen(row.keys);
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, row.why));
    if (!outcome.errors.empty()) CHECK(outcome.errors.front().at.column > 1);
  }
  std::string many = "trusted_proxies: [";
  for (int i = 0; i < 1025; ++i)
    many += "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ",";
  CHECK(fails_with(load_listen(many + "]"), "at most 1024"));
}

TEST_CASE("what lets strangers in is a warning") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"trusted_proxies: [0.0.0.0/0]", "0.0.0.0/0 lets strangers choose"},
      {"trusted_proxies: ['::/0']", "::/0 lets strangers choose"},
      {"trusted_proxies: [10.0.0.0/8, 0.0.0.0/1]", "0.0.0.0/1 lets strangers choose"},
      {"trusted_proxies: [2000::/3]", "2000::/3 lets strangers choose"},
      {"proxy_protocol: {from: [0.0.0.0/0]}", "claim any address"},
      {"proxy_protocol: {from: [10.0.0.0/8], mode: optional}", "can write one itself"},
      {"client_ip_header: Forwarded", "nobody is believed"},
  };
  for (const auto& [keys, warning] : rows) {
    CAPTURE(keys);
    const LoadOutcome outcome = load_listen(keys);
    REQUIRE(outcome.config);
    CHECK(warns_of(outcome, warning));
  }
  const LoadOutcome sound = load_listen(
      "plain: '127.0.0.1:8080', trusted_proxies: [10.0.0.0/8, 'fd00::/16', 127.0.0.1], client_ip_header: "
      "CF-Connecting-IP, proxy_protocol: {from: [10.0.0.0/8]}");
  REQUIRE(sound.config);
  for (const Diagnostic& warning : sound.warnings) CHECK_FALSE(warning.message.contains("listen."));
}

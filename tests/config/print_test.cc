// What print() writes loads to the same value: nothing is lost, nothing gets another meaning (attack row
// M14).
#include <doctest/doctest.h>

#include <string>

#include "core/crypto/key.h"
#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

void check_round_trip(const Sample& sample) {
  const LoadOutcome first = sample.load();
  CAPTURE(all_of(first.errors));
  REQUIRE(first.config);
  const std::string text = print(*first.config);
  CAPTURE(text);
  const LoadOutcome second = load_text(text, sample.environment);
  CAPTURE(all_of(second.errors));
  REQUIRE(second.config);
  CHECK(*second.config == *first.config);
  CHECK(print(*second.config) == text);
}

}  // namespace

TEST_CASE("the admin listener survives printing") {
  Sample sample;
  sample.top = "listen: {admin: ['127.0.0.1:9901', ':9902']}\n";
  check_round_trip(sample);
}

TEST_CASE("the admin listener's socket and token survive printing, the token by its origin") {
  Sample sample;
  sample.environment.variables["TOKEN"] = "0123456789abcdef";
  sample.top = "listen: {admin: [/run/gateway/admin.sock, '127.0.0.1:9901'], admin_token: {env: TOKEN}}\n";
  check_round_trip(sample);
}

TEST_CASE("tracing survives printing, its secrets by their origin") {
  Sample sample;
  sample.environment.variables["TOKEN"] = "Bearer of-the-collector";
  sample.top =
      "tracing: {otlp: 'https://otlp.example.com/of/us', headers: {Authorization: {env: TOKEN}}, inbound: "
      "continue, sample: 0.05, service_name: edge gateway}\n";
  check_round_trip(sample);
  CHECK_FALSE(print(*sample.load().config).contains("of-the-collector"));
}

TEST_CASE("storage of every kind survives printing") {
  for (const char* storage :
       {"storage: /srv/gateway", "storage: redis://10.0.0.1",
        "storage: {redis: 'rediss://[::1]:7000/2', user: u, password: {env: PW}, prefix: p}",
        "storage: {kubernetes: edge, service_account: /x}"}) {
    CAPTURE(storage);
    Sample sample;
    sample.environment.variables["PW"] = "pw";
    sample.environment.variables["SEAL"] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    sample.top = std::string(storage) + "\nstorage_key: {env: SEAL}\n";
    check_round_trip(sample);
  }
}

TEST_CASE("session stores of every kind survive printing") {
  for (const char* session :
       {"{store: memory, refresh: 90s}", "{store: storage}", "{store: 'redis://10.0.0.1/1', refresh: 1h}",
        "{store: {redis: 'rediss://r', user: u, password: {env: PW}, prefix: p}}"}) {
    CAPTURE(session);
    Sample sample;
    sample.environment.variables["PW"] = "pw";
    sample.login += "  session: " + std::string(session) + "\n";
    check_round_trip(sample);
  }
}

TEST_CASE("the smallest configuration survives printing") {
  check_round_trip(Sample());
}

TEST_CASE("a configuration with everything survives printing") {
  Sample sample;
  const std::string emails = sample.folder.write("staff.txt", "a@example.com\n");
  const std::string ca = sample.folder.write("ca.pem", "-");
  const std::string secret = sample.folder.write("secret", "x\n");
  sample.environment.variables["KEY"] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
  sample.login =
      "login:\n"
      "  host: auth.example.com\n  prefix: /in\n  rate: {requests: "
      "3/s, burst: 4}\n"
      "  tokens: {policy: staff, lifetime: 45d}\n"
      "  auth_check: {from: [10.2.0.0/16, 10.9.9.9], policy: "
      "staff}\n  return_to: "
      "['https://o.example.org']\n"
      "  session: {lifetime: 90s, idle: 61s, cookie_domain: example.com, cookie_name: gw, same_site: none, "
      "keys: [{env: KEY}]}\n"
      "  pages: {title: 'Ex \"ample\" $${X} \\ # : {', directory: /etc/pages, logo: /etc/logo.svg,"
      " support: 'https://help.example.com/'}\n"
      "  providers:\n"
      "    corp: {type: oidc, title: 'C: #', issuer: 'https://id.example.com/', client_id: 'a b', "
      "client_secret: {file: " +
      secret +
      "}, scopes: [openid], prompt: login, acr_values: 'urn:x gold', extra: {x: 'y'}, claims: {groups: [a.b, "
      "c], user: "
      "x.y}, " +
      "claims_from: [userinfo], userinfo_token: body, email: trusted, ca: " + ca +
      ", connect_to: 'http://dex:1'}\n";
  sample.login +=
      "    k: {type: keycloak, issuer: 'https://k.example.com/realms/r', client_id: a, client_secret: {env: "
      "CLIENT_SECRET}}\n"
      "    d: {type: dex, issuer: 'https://dex.example.com', client_id: a, client_secret: {env: "
      "CLIENT_SECRET}}\n"
      "    g: {type: google, client_id: a, client_secret: {env: CLIENT_SECRET}, hosted_domain: "
      "example.com}\n"
      "    h: {type: github, issuer: 'https://git.example.com:8443', client_id: a, client_secret: {env: "
      "CLIENT_SECRET}}\n"
      "    l: {type: gitlab, client_id: a, client_certificate: {certificate: " +
      ca + ", key: " + ca +
      "}}\n"
      "    e: {type: entra, tenant: [11111111-2222-3333-4444-555555555555, "
      "66666666-7777-8888-9999-aaaaaaaaaaaa], "
      "issuer: 'https://login.microsoftonline.us', client_id: a, client_key: {file: " +
      sample.folder.write("key.pem", core::PrivateKey::generate(core::KeyKind::p256).to_pem().reveal()) +
      "}, client_key_id: k1}\n"
      "    m: {type: entra, tenant: common, client_id: a, client_secret: {env: CLIENT_SECRET}, claims: "
      "{roles: [x, y]}}\n"
      "  clients:\n"
      "    ci: {issuer: 'https://id.example.com/x', audience: 'the \"api\"', scopes: [read, 'a:b'], claims: "
      "{groups: [a.b, c]}, connect_to: 'http://dex:1', introspection: {client_id: me, client_secret: {env: "
      "CLIENT_SECRET}, cache: 7s}}\n"
      "    cd: {issuer: 'https://ci.example.com', audience: a}\n";
  sample.policies =
      "policies:\n"
      "  staff:\n"
      "    deny: [{email: {file: " +
      emails +
      "}}]\n"
      "    allow: [{group: {file: " +
      emails +
      "}}, {provider: corp, email_domain: [a.com, b.com]}, {group: ['on', 'x,y']}, {authenticated: "
      "true},\n"
      "            {claim: {a.b: [x, 1, 1.5, 2.0, true, 'true', '1'], c: d}}, {email: [z@example.com, "
      "a@example.com]},\n"
      "            {user: [a, b], role: r}, {org: [Ex, b], team: Ex/core}, {ip: [10.0.0.0/8, '2001:db8::1'], "
      "method: "
      "[GET, PUT]}, {policy: [other]}, {client: [ci, cd], group: a}]\n"
      "    otherwise: pending\n"
      "    approval: {admins: other, webhook: {url: 'https://h.example.com/a?b', key: {env: KEY}, ca: " +
      ca +
      "}}\n"
      "  other: {allow: [{group: a}], otherwise: 'https://x.com/y'}\n";
  sample.routes =
      "routes:\n"
      "  - {host: a.example.com, path: {exact: /x/}, to: 'https://app:8443', policy: staff, identity: "
      "remote-user,\n"
      "     tls: {ca: " +
      ca +
      ", server_name: n.internal}, upstream_host: 'x:1', encoded_slashes: keep,\n"
      "     websocket: {origins: ['https://s.example.com'], lifetime: 90m}, limits: {body: 1KiB, rate: "
      "{requests: 600/m, "
      "per: user, burst: 7}}, compress: on, timeouts: {connect: "
      "1500ms, total: 90s}, balance: cookie, health: {path: '/h?a=b', interval: 3s, timeout: 250ms, healthy: "
      "4, "
      "unhealthy: 5},\n"
      "     circuit: {connections: 7, pending: 8}, retry: {attempts: 3, budget: 25%}, slow_start: 45s,\n"
      "     methods: [GET], sign_in: {provider: corp, prompt: login, acr_values: gold silver}, "
      "unauthenticated: '401',\n"
      "     request_headers: {set: {X-A: '{user} {{ \"'}, remove: [X-B]}, response_headers: {remove: "
      "[Server]}}\n"
      "  - {host: '*.example.com', to: ['http://app', {url: 'http://app2:81', weight: 9}], retry: off, "
      "limits: {rate: 9/h}, "
      "public: true, except: [{path: /p, policy: other}, "
      "{path: {exact: /q}, policy: staff, unauthenticated: redirect}]}\n"
      "  - {host: b.example.com, to: 'http://app', policy: other, identity: {X-U: '{user}', X-C: "
      "'{claim.a.b}'}, upstream_host: upstream}\n"
      "  - {host: '*', redirect: {to: 'https://{host}{uri}', status: 302}}\n"
      "  - {host: c.example.com, respond: {status: 503, body: \"a\\n\\tb \\u00e9\\x01\", content_type: "
      "text/html}, policy: staff}\n";
  sample.routes +=
      "  - {host: d.example.com, to: 'h2://rpc:50051', public: true, tls: {client_certificate: "
      "{certificate: " +
      ca + ", key: " + ca +
      "}}}\n"
      "  - {host: e.example.com, to: 'unix:/run/app.sock', public: true, proxy_protocol: v2}\n"
      "  - {host: f.example.com, to: ['h2c://a', 'h2c://b:81'], public: true}\n";
  sample.top =
      "listen: {https: ['10.0.0.1:443', '[::1]:8443'], http: off, public_port: 8443, health_path: /h}\n"
      "workers: 3\nresolver: [10.0.0.1, '[fd00::1]:54']\nstorage: /srv/x\n"
      "limits: {header_bytes: 16KiB, headers: 64, uri: 1000B, header_time: 1500ms, body_rate: 1B/s, "
      "keep_alive: 1m, streams: 7, connections: 99}\n"
      "shutdown: {delay: 10s, timeout: 2h}\n"
      "log: {format: text, access: /var/log/x, level: warn, audit: /var/log/y}\n"
      "defaults: {timeouts: {idle: 1h}}\n";
  sample.tls.replace(sample.tls.find('{'), 1, "{min_version: '1.3', ");
  check_round_trip(sample);
}

TEST_CASE("what requests a route is for, and what it makes of them, survives printing") {
  for (const std::string_view keys :
       {"path: {regex: '/v([0-9]+)/\"{.*'}, rewrite: '/{1}'",
        "path: /v1, strip_prefix: true, rewrite: '/x{path}'", "rewrite: {regex: '/(a|b)/\\d+', to: '/{1}/x'}",
        "headers: {X-A: [x, '1'], X-B: 'a b'}",
        "methods: [GET, POST], except: [{path: /x, methods: [PUT]}, {path: /y, public: true}]",
        "cors: {origins: ['https://s.test'], credentials: true, headers: [], expose: [X-A], max_age: 90s}",
        "cors: {origins: '*', methods: [GET]}"}) {
    CAPTURE(keys);
    Sample sample;
    sample.routes =
        "routes:\n  - {host: app.example.com, to: 'http://app', policy: staff, " + std::string(keys) + "}\n";
    check_round_trip(sample);
  }
  Sample sample;
  sample.login.insert(sample.login.find('\n') + 1, "  host: auth.example.com\n");
  sample.top =
      "defaults: {policy: staff, identity: grafana, methods: [GET], cors: {origins: '*'}, response_headers: "
      "{remove: [Server]}, except: [{path: /open, public: true}]}\n";
  sample.routes =
      "routes:\n  - {host: app.example.com, to: 'http://app'}\n  - {host: b.example.com, redirect: "
      "'https://x.com'}\n  - {host: c.example.com, to: 'http://app', public: true}\n";
  check_round_trip(sample);
}

TEST_CASE("what browsers are told of https, and its absence, survive printing") {
  for (const std::string_view hsts :
       {"off", "on", "{max_age: 730d, subdomains: true, preload: true}", "{max_age: 0s}"}) {
    CAPTURE(hsts);
    Sample sample;
    sample.tls.replace(sample.tls.find('{'), 1, "{hsts: " + std::string(hsts) + ", ");
    check_round_trip(sample);
  }
  Sample plain;
  plain.tls.clear();
  plain.top = "listen: {https: off, http: off, plain: ':8080', trusted_proxies: 127.0.0.1}\n";
  check_round_trip(plain);
}

TEST_CASE("who may say where a client comes from survives printing") {
  for (const std::string_view listen :
       {"plain: ['127.0.0.1:8080', '[::1]:8080'], trusted_proxies: [127.0.0.1, '::1', 2001:db8::/32]",
        "trusted_proxies: 100.64.0.0/10, client_ip_header: Forwarded",
        "proxy_protocol: {from: [10.0.0.0/8, fd00::/8]}",
        "proxy_protocol: {from: 10.0.0.1, mode: optional}, trusted_proxies: []",
        "https: [':443', '127.0.0.1:1'], proxy_protocol: {from: 10.0.0.1, except: ['127.0.0.1:1', ':80']}"}) {
    CAPTURE(listen);
    Sample sample;
    sample.top = "listen: {" + std::string(listen) + "}\n";
    check_round_trip(sample);
  }
  // F06: one address is one address.
  const LoadOutcome one = load_with("listen: {trusted_proxies: ['2001:db8::1']}\n");
  REQUIRE(one.config);
  CHECK(print(*one.config).contains("trusted_proxies: [\"2001:db8::1/128\"]"));
}

TEST_CASE("what is printed shows an identity's fields and no secret") {
  Sample sample;
  sample.routes =
      "routes:\n  - {host: app.example.com, to: 'http://app', policy: staff, identity: remote-user}\n";
  const std::string text = print(*sample.load().config);
  CHECK(text.contains("# Remote-User: {preferred_username}, else {email}"));
  CHECK(text.contains("client_secret: {env: \"CLIENT_SECRET\"}"));
  CHECK_FALSE(text.contains("s3cret"));
}

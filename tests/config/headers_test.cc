// Which header fields a configuration may touch, and which templates make sense (attack rows M13, M14).
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "config/header_rules.h"
#include "config/identity.h"
#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

LoadOutcome load_keys(std::string_view keys) {
  return load_route("host: a.example.com, to: 'http://app', policy: staff, " + std::string(keys));
}

}  // namespace

TEST_CASE("request_headers cannot touch what is the gateway's own, in any spelling") {
  for (const std::string name : {"Host",
                                 "host",
                                 "Content-Length",
                                 "Transfer-Encoding",
                                 "Connection",
                                 "Keep-Alive",
                                 "TE",
                                 "Trailer",
                                 "Upgrade",
                                 "Proxy-Authorization",
                                 "Proxy-Connection",
                                 "HTTP2-Settings",
                                 "Expect",
                                 "Cookie",
                                 "COOKIE",
                                 "Forwarded",
                                 "X-Forwarded-For",
                                 "X-Forwarded-Proto",
                                 "X-Forwarded-Host",
                                 "X-Forwarded-Anything",
                                 "X_Forwarded_For",
                                 "X.Forwarded.Host",
                                 "X-Real-IP",
                                 "X-Request-Id",
                                 "X-Forwarded-User",
                                 "X-Auth-Request-Email",
                                 "X_Auth_Request_User",
                                 "x-webauth-user",
                                 "Remote-User",
                                 "Remote_Groups",
                                 "Sec-WebSocket-Key",
                                 "Via",
                                 "X-Original-URL"}) {
    CAPTURE(name);
    CHECK(fails_with(load_keys("request_headers: {set: {" + name + ": x}}"), "cannot be touched here"));
    CHECK(fails_with(load_keys("request_headers: {remove: [" + name + "]}"), "cannot be touched here"));
    CHECK_FALSE(reserved_in_requests(name).empty());
  }
  CHECK(load_keys("request_headers: {set: {X-Env: prod, Authorization: 'Basic eDp5'}, remove: X-Debug}")
            .config);
}

TEST_CASE("response_headers cannot touch framing, cookies, Alt-Svc and Date") {
  for (const std::string name :
       {"Content-Length", "Transfer-Encoding", "Connection", "Set-Cookie", "Alt-Svc", "Date"}) {
    CAPTURE(name);
    CHECK(fails_with(load_keys("response_headers: {set: {" + name + ": x}}"), "cannot be touched here"));
  }
  CHECK(load_keys("response_headers: {set: {X-Frame-Options: DENY}, remove: [Server]}").config);
}

TEST_CASE("identity fields are names of their own") {
  const LoadOutcome outcome =
      load_keys("identity: {X-Forwarded-User: '{user}', X-Mail: '{email}', X-Role: '{claim.realm.role}'}");
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  const Identity& identity = outcome.config->routes[0].identity;
  CHECK(identity.preset == IdentityPreset::fields);
  REQUIRE(identity.fields.size() == 3);
  CHECK(identity.fields[2].value.text == "{claim.realm.role}");
  for (const std::string name :
       {"Host", "Cookie", "Connection", "X-Forwarded-For", "Authorization", "X-Forwarded-Proto"}) {
    CAPTURE(name);
    CHECK(fails_with(load_keys("identity: {" + name + ": '{user}'}"), "cannot be touched here"));
  }
  CHECK(fails_with(load_keys("identity: {X-A: '{user}', x_a: '{email}'}"), "stands twice"));
  CHECK(fails_with(load_keys("identity: {'X A': '{user}'}"), "name of a header field"));
  CHECK(fails_with(load_keys("identity: {}"), "1 to 64"));
  CHECK(fails_with(load_keys("identity: grafna"), "expected one of none, oauth2-proxy"));
}

TEST_CASE("a name that carries the identity on one route is not for another route's request_headers") {
  Sample sample;
  sample.routes =
      "routes:\n"
      "  - {host: a.example.com, to: 'http://a', policy: staff, identity: {X-Me: '{user}'}}\n"
      "  - {host: a.example.com, path: /b, to: 'http://a', policy: staff, request_headers: {set: {x_me: "
      "root}}}\n";
  CHECK(fails_with(sample.load(), "carries the identity on a route"));
}

TEST_CASE("templates use placeholders that exist") {
  for (const std::string text :
       {"{sub}", "{user}", "{email}", "{name}", "{preferred_username}", "{groups}", "{provider}",
        "{claim.a.b}", "{name:ascii}", "x {user} y", "{{literal}", "plain"}) {
    CAPTURE(text);
    CHECK(load_keys("identity: {X-A: '" + text + "'}").config);
    CHECK(load_keys("request_headers: {set: {X-A: '" + text + "'}}").config);
  }
  for (const std::string text :
       {"{nope}", "{env.HOME}", "{file:/etc/passwd}", "{", "{}", "{user", "{user:html}"}) {
    CAPTURE(text);
    CHECK_FALSE(load_keys("identity: {X-A: '" + text + "'}").config);
    CHECK_FALSE(load_keys("request_headers: {set: {X-A: '" + text + "'}}").config);
    CHECK_FALSE(load_keys("response_headers: {set: {X-A: '" + text + "'}}").config);
  }
  CHECK(load_keys("request_headers: {set: {X-A: '{host}{path}{uri}'}}").config);
  CHECK(load_keys("response_headers: {set: {X-A: '{host}'}}").config);
  CHECK(fails_with(load_keys("response_headers: {set: {X-A: '{user}'}}"), "unknown placeholder {user}"));
  CHECK(fails_with(load_keys("identity: {X-A: '{host}'}"), "unknown placeholder {host}"));
  CHECK(load_keys("identity: {X-A: 'v1.{assertion}'}").config);
  CHECK(fails_with(load_keys("request_headers: {set: {X-A: '{assertion}'}}"), "unknown placeholder"));
}

TEST_CASE("a header's value is one line") {
  CHECK(fails_with(load_keys("request_headers: {set: {X-A: \"a\\r\\nX-B: c\"}}"), "one line"));
  CHECK(fails_with(load_keys("request_headers: {set: {X-A: ' a'}}"), "one line"));
  CHECK(fails_with(load_keys("request_headers: {set: {X-A: \"a\\0\"}}"), "one line"));
  CHECK(fails_with(load_keys("request_headers: {set: {X-A: [a]}}"), "single value"));
  CHECK(fails_with(load_keys("request_headers: {set: {X-A: a}, remove: [X-A]}"), "stands twice"));
  CHECK(fails_with(load_keys("request_headers: {set: [X-A]}"), "expected a map"));
}

TEST_CASE("presets send the fields they promise") {
  const auto names = [](IdentityPreset preset) {
    std::string all;
    for (const IdentityLine& line : identity_lines(Identity{preset, {}})) {
      all += line.name + "=";
      for (const Located& value : line.values) all += value.text;
      all += " ";
    }
    return all;
  };
  CHECK(names(IdentityPreset::none).empty());
  CHECK(names(IdentityPreset::oauth2_proxy) ==
        "X-Auth-Request-User={user} X-Auth-Request-Email={email} "
        "X-Auth-Request-Preferred-Username={preferred_username} X-Auth-Request-Groups={groups} ");
  CHECK(
      names(IdentityPreset::forwarded_user) ==
      "X-Forwarded-User={user} X-Forwarded-Email={email} X-Forwarded-Preferred-Username={preferred_username} "
      "X-Forwarded-Groups={groups} ");
  CHECK(names(IdentityPreset::grafana) ==
        "X-WEBAUTH-USER={email} X-WEBAUTH-NAME={name} X-WEBAUTH-EMAIL={email} X-WEBAUTH-GROUPS={groups} ");
  CHECK(names(IdentityPreset::remote_user) ==
        "Remote-User={preferred_username}{email} Remote-Email={email} Remote-Name={name} "
        "Remote-Groups={groups} ");
  CHECK(names(IdentityPreset::gitea) ==
        "X-WEBAUTH-USER={preferred_username} X-WEBAUTH-EMAIL={email} X-WEBAUTH-FULLNAME={name} ");
  CHECK(names(IdentityPreset::x_remote_user) == "X-Remote-User={preferred_username}{email} ");
  CHECK(names(IdentityPreset::signed_jwt) == "X-JWT-Assertion={assertion} ");
  CHECK(names(IdentityPreset::pomerium_jwt) == "X-Pomerium-Jwt-Assertion={assertion} ");
  CHECK(names(IdentityPreset::iap_jwt) ==
        "X-Goog-IAP-JWT-Assertion={assertion} X-Goog-Authenticated-User-Email=accounts.google.com:{email} "
        "X-Goog-Authenticated-User-Id=accounts.google.com:{sub} ");
  CHECK(identity_field_names().size() == 25);
}

// Sign-in of a device through the endpoints, from its first request to its token.
#include "core/text/json.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

const std::string kDevicePage = "https://auth.example.com/oauth2/device";
const std::string kGrant =
    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=tool&device_code=";

struct DeviceFixture : LoginFixture {
  std::string user_code;
  std::string device_code;

  DeviceFixture() {
    config.login.tokens = config::PersonalTokenSettings{};
    build();
    sign_in(kAppUrl);
  }
  /// Of a program, on a connection of its own.
  gateway::Reply send(const std::string& url, const std::string& body,
                      const std::string& address = "192.0.2.7") {
    OwnedRequest request("POST", url, clock.wall());
    request.from(address).with("Accept", "application/json");
    return serve(request, body);
  }
  core::Json begin(const std::string& body = "client_id=tool%20%3Cb%3E") {
    const gateway::Reply reply = send(kDevicePage + "/code", body);
    CHECK(reply.status == 200);
    CHECK(field_of(reply, "Cache-Control") == "no-store");
    core::Json value = core::Json::parse(reply.body, core::Side::client).value();
    user_code = value.string_at("user_code").value();
    device_code = value.string_at("device_code").value();
    return value;
  }
  /// The error of a poll, or the token.
  std::string poll() {
    clock.advance(gateway::kDevicePollInterval);
    const gateway::Reply reply = send(kDevicePage + "/token", kGrant + device_code);
    const core::Json value = core::Json::parse(reply.body, core::Side::client).value();
    CHECK(reply.status == (value.find("error") == nullptr ? 200 : 400));
    return std::string(value.string_at(value.find("error") == nullptr ? "access_token" : "error").value());
  }
  gateway::Reply post(const std::string& body, const std::string& site = "same-origin") {
    const auto request = browser.navigate(kDevicePage, "POST", site);
    return serve(*request, body);
  }
  gateway::Reply allow() {
    return post("action=allow&name=laptop&days=7&place=app.example.com%2F&code=" + user_code);
  }
};

}  // namespace

TEST_CASE("a device shows a code, its owner says yes, and it gets a token for what he chose, once") {
  DeviceFixture f;
  const core::Json begun = f.begin();
  CHECK(begun.string_at("verification_uri") == kDevicePage);
  CHECK(begun.find("verification_uri_complete") == nullptr);
  CHECK(f.poll() == "authorization_pending");
  CHECK(f.get(kDevicePage).status == 200);
  const gateway::Reply shown = f.post("action=look&code=" + f.user_code);
  CHECK(shown.status == 200);
  CHECK(shown.body.find("tool &lt;b&gt;") != std::string::npos);
  CHECK(shown.body.find("tool <b>") == std::string::npos);
  CHECK(shown.body.find("192.0.2.7") != std::string::npos);
  CHECK(shown.body.find("Whoever sent you a code") != std::string::npos);
  CHECK(f.poll() == "authorization_pending");
  CHECK(f.allow().status == 200);
  const std::string token = f.poll();
  CHECK(token.starts_with("gwt_"));
  CHECK(f.poll() == "expired_token");
  CHECK(f.sink.text.find("token_created") != std::string::npos);
  CHECK(f.sink.text.find(token) == std::string::npos);
  Browser nobody(f.clock);
  const auto request = nobody.fetch(kAppUrl);
  request->with("Authorization", "Bearer " + token);
  const gateway::Verdict verdict = f.judge(*request);
  REQUIRE(verdict.admitted);
  CHECK(verdict.admitted->identity()->subject == "alice");
}

TEST_CASE("a no is a no, and nobody else's page says yes") {
  DeviceFixture f;
  f.begin();
  for (const char* site : {"cross-site", "same-site", "none"}) {
    CHECK(
        f.post("action=allow&name=laptop&days=7&place=app.example.com%2F&code=" + f.user_code, site).status ==
        403);
  }
  CHECK(f.poll() == "authorization_pending");
  CHECK(f.post("action=deny&code=" + f.user_code).status == 200);
  CHECK(f.allow().status == 404);
  CHECK(f.poll() == "access_denied");
  CHECK(f.poll() == "expired_token");
}

TEST_CASE("what is no code, no place or no request is told so, and lets nobody in") {
  DeviceFixture f;
  f.begin();
  CHECK(f.post("action=look&code=BBBB-BBBB").status == 404);
  CHECK(f.post("action=look&code=1").status == 404);
  CHECK(f.post("action=look").status == 404);
  CHECK(f.post("action=other&code=" + f.user_code).status == 400);
  CHECK(f.post("action=allow&name=laptop&days=7&place=evil.example%2F&code=" + f.user_code).status == 400);
  CHECK(f.post("%").status == 400);
  CHECK(f.poll() == "authorization_pending");
  struct Row {
    const char* path;
    std::string body;
    const char* error;
  };
  const Row rows[] = {
      {"/code", "", "invalid_request"},
      {"/code", "client_id=" + std::string(65, 'x'), "invalid_request"},
      {"/code", "client_id=a%0Ab", "invalid_request"},
      {"/token", "", "invalid_request"},
      {"/token", "grant_type=password&device_code=x", "unsupported_grant_type"},
      {"/token", kGrant, "invalid_request"},
      {"/token", kGrant + "x", "invalid_grant"},
      {"/token", kGrant + "ab.x", "expired_token"},
      {"/token", kGrant + f.device_code + "x", "expired_token"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    const gateway::Reply reply = f.send(kDevicePage + row.path, row.body);
    CHECK(reply.status == 400);
    CHECK(reply.body.find(row.error) != std::string::npos);
  }
}

TEST_CASE(
    "only whom the policy names lets devices in, after a sign-in, and nothing is there when it is off") {
  DeviceFixture f;
  f.begin();
  f.browser.forget("auth.example.com");
  CHECK(f.get(kDevicePage).status == 302);
  CHECK(f.allow().status == 401);
  DeviceFixture g;
  g.config.login.tokens->policy = 1;
  g.build();
  CHECK(g.get(kDevicePage).status == 403);
  DeviceFixture h;
  h.config.login.tokens.reset();
  h.devices.reset();
  h.build();
  CHECK(h.get(kDevicePage).status == 404);
  CHECK(h.send(kDevicePage + "/code", "client_id=tool").status == 404);
}

TEST_CASE("one address begins so many sign-ins and no more") {
  DeviceFixture f;
  for (std::size_t i = 0; i < gateway::kMaxDeviceLoginsEach; ++i) f.begin();
  CHECK(f.send(kDevicePage + "/code", "client_id=tool").status == 503);
  CHECK(f.send(kDevicePage + "/code", "client_id=tool", "192.0.2.8").status == 200);
  for (std::size_t i = 0; i < gateway::kMaxDeviceLoginsEach; ++i)
    CHECK(f.send(kDevicePage + "/code", "client_id=tool", "2001:db8::" + std::to_string(i + 1)).status ==
          200);
  CHECK(f.send(kDevicePage + "/code", "client_id=tool", "2001:db8::ffff").status == 503);
  CHECK(f.send(kDevicePage + "/code", "client_id=tool", "2001:db8:0:1::1").status == 200);
}

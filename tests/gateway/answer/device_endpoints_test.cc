// Sign-in of a device through the endpoints, from its first request to its token.
#include "core/text/json.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;

const std::string kDevicePage = "https://auth.example.com/oauth2/device";
const std::string kGrant =
    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=tool%20%3Cb%3E&device_code=";

const std::string kAllow = "action=allow&name=laptop&days=7&place=app.example.com%2F";

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
  gateway::Reply post_as_it_is(const std::string& body, const std::string& site = "same-origin") {
    const auto request = browser.navigate(kDevicePage, "POST", site);
    return serve(*request, body);
  }
  gateway::Reply look(const std::string& code, const std::string& site = "same-origin") {
    return post_as_it_is("action=look&code=" + code + form_of(get(kDevicePage)), site);
  }
  /// What the page posts that shows the device, with the token of its forms.
  gateway::Reply decide(const std::string& body, const std::string& site = "same-origin") {
    if (decide_form.empty()) decide_form = form_of(look(user_code));
    return post_as_it_is(body + "&code=" + user_code + decide_form, site);
  }
  gateway::Reply allow() { return decide(kAllow); }
  std::string decide_form;
  [[nodiscard]] bool audited(const std::string& text) const {
    return sink.text.find(text) != std::string::npos;
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
  const gateway::Reply shown = f.look(f.user_code);
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
  for (const char* site : {"cross-site", "same-site", "none"}) CHECK(f.decide(kAllow, site).status == 403);
  CHECK(f.poll() == "authorization_pending");
  CHECK(f.decide("action=deny").status == 200);
  CHECK(f.audited("\"act\":\"device_denied\""));
  CHECK(f.allow().status == 404);
  CHECK(f.poll() == "access_denied");
  CHECK(f.poll() == "expired_token");
}

TEST_CASE("P04: a script on login.host lets no device in, nor does a form that showed another device") {
  DeviceFixture f;
  f.begin();
  CHECK(f.post_as_it_is(kAllow + "&code=" + f.user_code).status == 403);
  const std::string looking = DeviceFixture::form_of(f.get(kDevicePage));
  CHECK(f.post_as_it_is(kAllow + "&code=" + f.user_code + looking).status == 403);
  const std::string deciding = DeviceFixture::form_of(f.look(f.user_code));
  CHECK(f.post_as_it_is("action=look&code=" + f.user_code + deciding).status == 403);
  const auto script = f.browser.fetch(kDevicePage, "POST");
  script->with("Sec-Fetch-Site", "same-origin");
  CHECK(f.serve(*script, kAllow + "&code=" + f.user_code + deciding).status == 403);
  CHECK(f.audited("device: no form of ours"));
  const std::string first = f.user_code;
  f.begin();
  CHECK(f.post_as_it_is(kAllow + "&code=" + f.user_code + deciding).status == 404);
  CHECK(f.poll() == "authorization_pending");
  CHECK(f.post_as_it_is(kAllow + "&code=" + first + deciding).status == 200);
}

TEST_CASE("K26: a device that was let in gets nothing once its owner may have no token any more") {
  DeviceFixture f;
  f.begin();
  CHECK(f.allow().status == 200);
  CHECK(f.audited("\"act\":\"device_allowed\""));
  CHECK(f.audited("device of 192.0.2.7 that calls itself tool"));
  SUBCASE("an operator has ended his sessions") {
    core::Flow<> ending = f.revocations->revoke({gateway::RevocationKind::name, "alice@example.com",
                                                 f.config.login.providers[0].issuer, f.clock.wall(),
                                                 f.clock.wall() + std::chrono::hours(12)});
    ending.start();
  }
  SUBCASE("he has signed out") {
    CHECK(f.get("https://auth.example.com/oauth2/sessions").status == 200);
    const auto request =
        f.browser.navigate("https://auth.example.com/oauth2/sign_out", "POST", "same-origin");
    CHECK(f.serve(*request).status < 400);
  }
  SUBCASE("the policy admits him no more") {
    f.config.policies[0].deny.emplace_back().emails = std::vector<std::string>{"alice@example.com"};
    f.build();
  }
  CHECK(f.poll() == "access_denied");
  CHECK(f.audited("\"act\":\"denied\""));
  CHECK_FALSE(f.audited("token_created"));
  CHECK(f.tokens->published().latest()->size() == 0);
  CHECK(f.poll() == "expired_token");
}

TEST_CASE("a token for a device counts from the session that let it in") {
  DeviceFixture f;
  f.begin();
  const core::WallTime began = f.clock.wall();
  f.clock.advance(std::chrono::seconds(60));
  CHECK(f.allow().status == 200);
  f.clock.advance(std::chrono::seconds(60));
  CHECK(f.poll().starts_with("gwt_"));
  const auto all = f.tokens->published().latest()->all();
  REQUIRE(all.size() == 1);
  CHECK(all[0]->session_began == began);
  CHECK(all[0]->owner->signed_in_at > began);
}

TEST_CASE("RFC 8628 section 3.4: a device code is for the client that it was given to, and no other is one") {
  DeviceFixture f;
  f.begin();
  CHECK(f.allow().status == 200);
  const std::string grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
  f.storage.is_down = true;  // none of these reaches it
  const auto error_of = [&](const std::string& more) {
    const gateway::Reply reply = f.send(kDevicePage + "/token", grant + more);
    CHECK(reply.status == 400);
    const auto parsed = core::Json::parse(reply.body, core::Side::client).value();
    return std::string(parsed.string_at("error").value());
  };
  CHECK(error_of("&device_code=" + f.device_code) == "invalid_request");
  CHECK(error_of("&client_id=tool&device_code=" + f.device_code) == "invalid_grant");
  CHECK(error_of("&client_id=tool%20%3Cb%3E&device_code=" + f.device_code + "x") == "invalid_grant");
  CHECK(error_of("&client_id=tool%20%3Cb%3E&device_code=" + std::string(300, 'A')) == "invalid_grant");
  CHECK(error_of("&client_id=tool%20%3Cb%3E&device_code=" + std::string(9000, 'A')) == "invalid_grant");
  f.storage.is_down = false;
  CHECK(f.poll().starts_with("gwt_"));
}

TEST_CASE("what is no code, no place or no request is told so, and lets nobody in") {
  DeviceFixture f;
  f.begin();
  CHECK(f.look("BBBB-BBBB").status == 404);
  CHECK(f.look("1").status == 404);
  CHECK(f.look("").status == 404);
  CHECK(f.decide("action=other").status == 400);
  CHECK(f.decide("action=allow&name=laptop&days=7&place=evil.example%2F").status == 400);
  CHECK(f.decide("action=allow&name=lap%E2%80%AEtop&days=7&place=app.example.com%2F").status == 400);
  CHECK(f.post_as_it_is("%").status == 400);
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
      {"/code", "client_id=a%E2%80%AEb", "invalid_request"},
      {"/code", "client_id=a%E2%80%8Bb", "invalid_request"},
      {"/token", "", "invalid_request"},
      {"/token", "grant_type=password&device_code=x", "unsupported_grant_type"},
      {"/token", kGrant, "invalid_request"},
      {"/token", kGrant + "x", "invalid_grant"},
      {"/token", kGrant + f.device_code + "x", "invalid_grant"},
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
  CHECK(f.post_as_it_is(kAllow + "&code=" + f.user_code).status == 401);
  DeviceFixture g;
  g.config.login.tokens->policy = 1;
  g.build();
  CHECK(g.get(kDevicePage).status == 403);
  CHECK(g.audited("device: policy"));
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

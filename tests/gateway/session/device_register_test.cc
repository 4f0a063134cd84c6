// Sign-ins of devices as they are kept: their codes, their record, and what control lets happen.
#include "gateway/session/device_register.h"

#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using gateway::DeviceLogin;
using gateway::DevicePoll;
using gateway::DeviceState;

constexpr std::int64_t kNow = 1'900'000'000;

struct DeviceFixture {
  core::ManualClock clock{core::from_unix_seconds(kNow)};
  test_support::FailingStorage storage{clock};
  core::KeyRing keys = test_support::ring_of({'k'});
  core::Random random;
  gateway::DeviceRegister here{storage, keys, random, clock};
  gateway::DeviceRegister there{storage, keys, random, clock};

  [[nodiscard]] DeviceLogin login_of(const std::string& code) const {
    DeviceLogin login;
    login.id = gateway::id_of_user_code(code).value();
    login.secret = core::sha256("secret of " + code);
    login.client = "tool";
    login.address = "192.0.2.1";
    login.asked_at = clock.wall();
    login.expires_at = clock.wall() + gateway::kDeviceLoginLasts;
    return login;
  }
  [[nodiscard]] static DeviceLogin allowed(DeviceLogin login) {
    gateway::Identity owner;
    owner.session_id = "s";
    owner.provider = "corp";
    owner.issuer = "https://corp";
    owner.subject = "alice";
    owner.claims = core::Json::object();
    owner.signed_in_at = core::from_unix_seconds(kNow);
    owner.expires_at = core::from_unix_seconds(kNow + 3600);
    login.state = DeviceState::allowed;
    login.token_name = "laptop";
    login.places = {"app.test/"};
    login.lasts = std::chrono::hours(48);
    login.owner = std::make_shared<const gateway::Identity>(owner);
    return login;
  }
  template <typename T>
  static core::Result<T> run(core::Flow<T> flow) {
    flow.start();
    REQUIRE(flow.has_ended());
    return flow.result();
  }
  DevicePoll poll(gateway::DeviceRegister& asked, const DeviceLogin& login) {
    return run(asked.poll(login.id, login.secret)).value().poll;
  }
};

}  // namespace

TEST_CASE("user codes are short, of clear letters, and read as people type them") {
  core::Random random;
  const std::string code = gateway::new_user_code(random);
  CHECK(code.size() == 9);
  CHECK(code[4] == '-');
  CHECK(gateway::id_of_user_code(code).has_value());
  CHECK(code != gateway::new_user_code(random));
  const auto id = gateway::id_of_user_code("WDJB-MJHT");
  REQUIRE(id);
  for (const char* same : {"wdjb-mjht", "WDJBMJHT", " wdjb mjht "})
    CHECK(gateway::id_of_user_code(same) == id);
  for (const char* none :
       {"", "WDJB-MJH", "WDJB-MJHTT", "WDJB-MJHA", "WDJB_MJHT", "WDJB-MJH1", "WDJB-MJH\xC3\x9F"}) {
    CAPTURE(none);
    CHECK_FALSE(gateway::id_of_user_code(none));
  }
  CHECK_FALSE(gateway::id_of_user_code(std::string(10'000, '-') + "WDJBMJHT"));
  const core::Secret device = gateway::new_device_code(*id);
  CHECK(gateway::id_of_device_code(device.reveal()) == *id);
  CHECK(device.reveal().size() == id->size() + 44);
  for (const char* none : {"", ".", "abc", "AB.x", "../x.y"}) CHECK_FALSE(gateway::id_of_device_code(none));
}

TEST_CASE("a device's sign-in survives being written and read, and nothing else is read as one") {
  DeviceFixture f;
  const DeviceLogin login = DeviceFixture::allowed(f.login_of("WDJB-MJHT"));
  const std::string bytes = gateway::encode_device_login(login);
  const auto read = gateway::decode_device_login(bytes);
  REQUIRE(read);
  CHECK(read->id == login.id);
  CHECK(read->secret == login.secret);
  CHECK(read->state == DeviceState::allowed);
  CHECK(read->places == login.places);
  CHECK(read->lasts == login.lasts);
  CHECK(read->owner->subject == "alice");
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(gateway::decode_device_login(std::string_view(bytes).substr(0, size)));
  CHECK_FALSE(gateway::decode_device_login(bytes + "x"));
  DeviceLogin without = login;
  without.owner.reset();
  CHECK_FALSE(gateway::decode_device_login(gateway::encode_device_login(without)));
}

TEST_CASE("what one replica was asked another allows, and the token is fetched once") {
  DeviceFixture f;
  const DeviceLogin login = f.login_of("WDJB-MJHT");
  REQUIRE(f.run(f.here.begin(login, "a")));
  CHECK(f.poll(f.here, login) == DevicePoll::waiting);
  const auto found = f.run(f.there.find(login.id, "alice"));
  REQUIRE(found);
  CHECK(found->client == "tool");
  REQUIRE(f.run(f.there.decide(DeviceFixture::allowed(*found))));
  CHECK_FALSE(f.run(f.there.decide(*found)));  // said once
  CHECK_FALSE(f.run(f.there.find(login.id, "alice")));
  f.clock.advance(gateway::kDevicePollInterval);
  DeviceLogin wrong = login;
  wrong.secret = core::sha256("a guess");
  CHECK(f.poll(f.here, wrong) == DevicePoll::unknown);
  const auto answer = f.run(f.here.poll(login.id, login.secret)).value();
  CHECK(answer.poll == DevicePoll::allowed);
  CHECK(answer.login.owner->subject == "alice");
  CHECK(f.poll(f.here, login) == DevicePoll::unknown);
  CHECK(f.poll(f.there, login) == DevicePoll::unknown);
}

TEST_CASE("a program that asks too often is told to be slower, each time slower still") {
  DeviceFixture f;
  const DeviceLogin login = f.login_of("WDJB-MJHT");
  REQUIRE(f.run(f.here.begin(login, "a")));
  CHECK(f.poll(f.here, login) == DevicePoll::waiting);
  f.clock.advance(std::chrono::seconds(1));
  CHECK(f.poll(f.here, login) == DevicePoll::slow_down);
  f.clock.advance(std::chrono::seconds(6));
  CHECK(f.poll(f.here, login) == DevicePoll::slow_down);
  f.clock.advance(std::chrono::seconds(15));
  CHECK(f.poll(f.here, login) == DevicePoll::waiting);
}

TEST_CASE("a no is told, and an end") {
  DeviceFixture f;
  DeviceLogin login = f.login_of("WDJB-MJHT");
  REQUIRE(f.run(f.here.begin(login, "a")));
  DeviceLogin denied = login;
  denied.state = DeviceState::denied;
  REQUIRE(f.run(f.here.decide(denied)));
  CHECK(f.poll(f.here, login) == DevicePoll::denied);
  login = f.login_of("WDJB-MJHV");
  REQUIRE(f.run(f.here.begin(login, "a")));
  f.clock.advance(gateway::kDeviceLoginLasts);
  CHECK(f.poll(f.here, login) == DevicePoll::unknown);
  CHECK_FALSE(f.run(f.here.find(login.id, "alice")));
}

TEST_CASE("strangers fill neither the storage nor an address's share, and nobody guesses codes for long") {
  DeviceFixture f;
  for (std::size_t i = 0; i < gateway::kMaxDeviceLoginsEach; ++i)
    REQUIRE(f.run(f.here.begin(f.login_of("WDJB-MJHT"), "a")));
  CHECK_FALSE(f.run(f.here.begin(f.login_of("WDJB-MJHT"), "a")));
  CHECK(f.run(f.here.begin(f.login_of("WDJB-MJHT"), "b")));
  f.clock.advance(gateway::kDeviceLoginLasts);
  CHECK(f.run(f.here.begin(f.login_of("WDJB-MJHT"), "a")));
  const std::string id = gateway::id_of_user_code("WDJB-MJHT").value();
  for (std::size_t i = 0; i < gateway::kMaxCodesEach; ++i) CHECK(f.run(f.here.find(id, "mallory")));
  const auto refused = f.run(f.here.find(id, "mallory"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == core::ErrorKind::refused);
  CHECK(f.run(f.here.find(id, "alice")));
  f.clock.advance(gateway::kCodeWindow - std::chrono::seconds(1));
  REQUIRE(f.run(f.here.begin(f.login_of("WDJB-MJHT"), "c")));
  CHECK_FALSE(f.run(f.here.find(id, "mallory")));
  f.clock.advance(std::chrono::seconds(1));
  CHECK(f.run(f.here.find(id, "mallory")));
}

TEST_CASE("a record in the clear, or of another code, is nobody's") {
  DeviceFixture f;
  const DeviceLogin login = f.login_of("WDJB-MJHT");
  const std::string key = "device-logins/" + login.id;
  REQUIRE(
      f.run(f.storage.put(key, {gateway::encode_device_login(DeviceFixture::allowed(login)), std::nullopt})));
  CHECK(f.poll(f.here, login) == DevicePoll::unknown);
  const DeviceLogin other = f.login_of("WDJB-MJHV");
  REQUIRE(f.run(f.here.begin(other, "a")));
  REQUIRE(f.run(f.storage.put(key, f.run(f.storage.get("device-logins/" + other.id)).value())));
  CHECK(f.poll(f.here, login) == DevicePoll::unknown);
}

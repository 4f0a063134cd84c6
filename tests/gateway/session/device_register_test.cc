// Sign-ins of devices as they are kept: their codes, their record, and what control lets happen.
#include "gateway/session/device_register.h"

#include "core/loop/wait.h"
#include "gateway/session/device_code.h"

#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using gateway::DeviceLogin;
using gateway::DevicePoll;
using gateway::DeviceState;

constexpr std::int64_t kNow = 1'900'000'000;
const core::IpAddress kHere = core::IpAddress::parse("192.0.2.1").value();
const core::IpAddress kElsewhere = core::IpAddress::parse("192.0.2.2").value();

/// A storage that takes its time when told to, so that others come between.
class SlowStorage final : public core::Storage {
 public:
  static constexpr core::Duration kSlow = std::chrono::milliseconds(10);
  SlowStorage(core::Storage& inner, core::Loop& loop) : inner_(inner), loop_(loop) {}
  core::Flow<> put(std::string key, core::StorageEntry entry) override {
    if (is_slow) co_await core::sleep_for(loop_, kSlow);
    co_await inner_.put(key, entry);
    co_return core::done();
  }
  core::Flow<core::StorageEntry> get(std::string key) override {
    if (is_slow) co_await core::sleep_for(loop_, kSlow);
    core::StorageEntry entry = co_await inner_.get(key);
    co_return entry;
  }
  core::Flow<std::vector<std::string>> list(std::string prefix) override { return inner_.list(prefix); }
  core::Flow<> remove(std::string key) override {
    if (is_slow) co_await core::sleep_for(loop_, kSlow);
    co_await inner_.remove(key);
    co_return core::done();
  }
  core::Flow<> lock(std::string name, std::string holder, core::Duration lease) override {
    return inner_.lock(name, holder, lease);
  }
  core::Flow<> unlock(std::string name, std::string holder) override { return inner_.unlock(name, holder); }
  bool is_slow = false;

 private:
  core::Storage& inner_;
  core::Loop& loop_;
};

struct DeviceFixture {
  core::ManualClock clock{core::from_unix_seconds(kNow)};
  test_support::FailingStorage storage{clock};
  core::KeyRing keys = test_support::ring_of({'k'});
  core::Random random;
  core::Loop loop{clock};
  test_support::KeptLog sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  SlowStorage slow{storage, loop};
  std::size_t minted = 0;
  bool mints = true;
  gateway::DeviceRegister here{parts(slow)};
  gateway::DeviceRegister there{parts(slow)};

  gateway::DeviceRegisterParts parts(core::Storage& in) {
    return {in, keys, loop, random, clock, log, [this](DeviceLogin login) { return mint(std::move(login)); }};
  }
  core::Flow<gateway::MadeToken> mint(DeviceLogin login) {
    if (!mints) co_return core::failure(core::ErrorKind::refused, core::Side::client, "not any more");
    ++minted;
    gateway::MadeToken made{core::Secret("gwt_x"), {}};
    made.token.name = login.token_name;
    co_return made;
  }
  /// Lets everything that waits for storage go on.
  void pass() {
    for (int turns = 0; turns < 40; ++turns) {
      clock.advance(SlowStorage::kSlow);
      loop.turn(false);
    }
  }

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
    login.owner_address = "192.0.2.9";
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
}

TEST_CASE("a device code is ours alone, and says for whom it is") {
  DeviceFixture f;
  gateway::DeviceCodes codes(f.keys, f.random);
  const core::Secret code = codes.make({"id", "tool", f.clock.wall()});
  const auto claim = codes.read(code.reveal());
  REQUIRE(claim);
  CHECK(claim->id == "id");
  CHECK(claim->client == "tool");
  CHECK(claim->expires_at == f.clock.wall());
  CHECK(code.reveal() != codes.make({"id", "tool", f.clock.wall()}).reveal());
  const core::KeyRing others = test_support::ring_of({'n'});
  CHECK_FALSE(gateway::DeviceCodes(others, f.random).read(code.reveal()));
  for (const std::string& none : {std::string(), std::string("x"), std::string(code.reveal()) + "x",
                                  std::string(code.reveal()).substr(1), std::string(100'000, 'A')})
    CHECK_FALSE(codes.read(none));
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
  CHECK(read->owner_address == "192.0.2.9");
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
  REQUIRE(f.run(f.here.begin(login, kHere)));
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
  CHECK(answer.made.text.reveal() == "gwt_x");
  CHECK(f.poll(f.here, login) == DevicePoll::unknown);
  CHECK(f.poll(f.there, login) == DevicePoll::unknown);
}

TEST_CASE("a program that asks too often is told to be slower, each time slower still") {
  DeviceFixture f;
  const DeviceLogin login = f.login_of("WDJB-MJHT");
  REQUIRE(f.run(f.here.begin(login, kHere)));
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
  REQUIRE(f.run(f.here.begin(login, kHere)));
  DeviceLogin denied = login;
  denied.state = DeviceState::denied;
  REQUIRE(f.run(f.here.decide(denied)));
  CHECK(f.poll(f.here, login) == DevicePoll::denied);
  login = f.login_of("WDJB-MJHV");
  REQUIRE(f.run(f.here.begin(login, kHere)));
  f.clock.advance(gateway::kDeviceLoginLasts);
  CHECK(f.poll(f.here, login) == DevicePoll::unknown);
  CHECK_FALSE(f.run(f.here.find(login.id, "alice")));
}

TEST_CASE("strangers fill neither the storage nor an address's share, and nobody guesses codes for long") {
  DeviceFixture f;
  for (std::size_t i = 0; i < gateway::kMaxDeviceLoginsEach; ++i)
    REQUIRE(f.run(f.here.begin(f.login_of("WDJB-MJHT"), kHere)));
  CHECK_FALSE(f.run(f.here.begin(f.login_of("WDJB-MJHT"), kHere)));
  CHECK(f.run(f.here.begin(f.login_of("WDJB-MJHT"), kElsewhere)));
  f.clock.advance(gateway::kDeviceLoginLasts);
  CHECK(f.run(f.here.begin(f.login_of("WDJB-MJHT"), kHere)));
  const std::string id = gateway::id_of_user_code("WDJB-MJHT").value();
  const std::string wrong = gateway::id_of_user_code("BBBB-BBBB").value();
  // Codes that fit do not count.
  for (std::size_t i = 0; i < 2 * gateway::kMaxCodesEach; ++i) CHECK(f.run(f.here.find(id, "mallory")));
  for (std::size_t i = 0; i < gateway::kMaxCodesEach; ++i)
    CHECK(f.run(f.here.find(wrong, "mallory")).error().kind == core::ErrorKind::not_found);
  CHECK(f.run(f.here.find(id, "mallory")).error().kind == core::ErrorKind::refused);
  CHECK(f.run(f.here.find(id, "alice")));
  f.clock.advance(gateway::kCodeWindow - std::chrono::seconds(1));
  REQUIRE(f.run(f.here.begin(f.login_of("WDJB-MJHT"), kElsewhere)));
  CHECK(f.run(f.here.find(id, "mallory")).error().kind == core::ErrorKind::refused);
  f.clock.advance(std::chrono::seconds(1));
  CHECK(f.run(f.here.find(id, "mallory")));
}

TEST_CASE("one person's wrong codes take nothing from others, and those of many end guessing for all") {
  DeviceFixture f;
  const std::string wrong = gateway::id_of_user_code("BBBB-BBBB").value();
  const auto kind = [&](const std::string& person) { return f.run(f.here.find(wrong, person)).error().kind; };
  for (std::size_t i = 0; i < 2 * gateway::kMaxCodes; ++i) (void)kind("mallory");
  CHECK(kind("alice") == core::ErrorKind::not_found);
  for (std::size_t i = gateway::kMaxCodesEach + 1; i < gateway::kMaxCodes; ++i)
    CHECK(kind("person " + std::to_string(i)) == core::ErrorKind::not_found);
  CHECK(kind("alice") == core::ErrorKind::refused);
}

TEST_CASE("one network, and strangers in all, begin so many and no more, and the log says when it is full") {
  DeviceFixture f;
  const auto begins = [&](const std::string& address) {
    return f.run(f.here.begin(f.login_of("WDJB-MJHT"), core::IpAddress::parse(address).value())).has_value();
  };
  for (std::size_t i = 0; i < gateway::kMaxDeviceLoginsOfNetwork; ++i)
    CHECK(begins("2001:db8:0:" + std::to_string(i) + "::1"));
  CHECK_FALSE(begins("2001:db8:0:ffff::1"));
  CHECK(begins("2001:db8:1::1"));
  CHECK(f.sink.text.empty());
  const std::size_t rest = gateway::kMaxDeviceLogins - gateway::kMaxDeviceLoginsOfNetwork - 1;
  for (std::size_t i = 0; i < rest; ++i)
    CHECK(begins("192.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)));
  CHECK_FALSE(begins("198.51.100.1"));
  CHECK(f.sink.text.find("too many sign-ins of devices") != std::string::npos);
  f.sink.text.clear();
  CHECK_FALSE(begins("198.51.100.1"));
  CHECK(f.sink.text.empty());
  // A reload forgets none of them.
  gateway::DeviceRegister next(f.parts(f.slow));
  next.take_over(f.here);
  CHECK_FALSE(f.run(next.begin(f.login_of("WDJB-MJHT"), core::IpAddress::parse("198.51.100.1").value())));
}

TEST_CASE("one yes gives one token, however often and wherever the program asks at once") {
  DeviceFixture f;
  const DeviceLogin login = f.login_of("WDJB-MJHT");
  REQUIRE(f.run(f.here.begin(login, kHere)));
  REQUIRE(f.run(f.here.decide(DeviceFixture::allowed(login))));
  f.slow.is_slow = true;
  std::vector<core::Flow<gateway::DeviceAnswer>> polls;
  for (int i = 0; i < 10; ++i) {
    polls.push_back(f.here.poll(login.id, login.secret));
    polls.push_back(f.there.poll(login.id, login.secret));
  }
  for (auto& poll : polls) poll.start();
  f.pass();
  std::size_t allowed = 0;
  for (auto& poll : polls) {
    REQUIRE(poll.has_ended());
    REQUIRE(poll.result());
    if (poll.result()->poll == DevicePoll::allowed) ++allowed;
  }
  CHECK(allowed == 1);
  CHECK(f.minted == 1);
}

TEST_CASE("of a yes and a no at once the first counts, on one replica or two") {
  for (const bool is_one : {true, false}) {
    CAPTURE(is_one);
    DeviceFixture f;
    const DeviceLogin login = f.login_of("WDJB-MJHT");
    REQUIRE(f.run(f.here.begin(login, kHere)));
    DeviceLogin denied = login;
    denied.state = DeviceState::denied;
    f.slow.is_slow = true;
    core::Flow<> no = f.here.decide(denied);
    core::Flow<> yes = (is_one ? f.here : f.there).decide(DeviceFixture::allowed(login));
    no.start();
    yes.start();
    f.pass();
    REQUIRE(no.has_ended());
    REQUIRE(yes.has_ended());
    CHECK(no.result().has_value());
    REQUIRE_FALSE(yes.result().has_value());
    CHECK(yes.result().error().kind == core::ErrorKind::conflict);
    f.slow.is_slow = false;
    CHECK(f.poll(f.here, login) == DevicePoll::denied);
    CHECK(f.minted == 0);
  }
}

TEST_CASE("who may not any more gets no token, and there is no second time") {
  DeviceFixture f;
  const DeviceLogin login = f.login_of("WDJB-MJHT");
  REQUIRE(f.run(f.here.begin(login, kHere)));
  REQUIRE(f.run(f.here.decide(DeviceFixture::allowed(login))));
  f.mints = false;
  CHECK(f.poll(f.here, login) == DevicePoll::not_admitted);
  f.mints = true;
  CHECK(f.poll(f.here, login) == DevicePoll::unknown);
  CHECK(f.minted == 0);
}

TEST_CASE("a record in the clear, or of another code, is nobody's") {
  DeviceFixture f;
  const DeviceLogin login = f.login_of("WDJB-MJHT");
  const std::string key = "device-logins/" + login.id;
  REQUIRE(
      f.run(f.storage.put(key, {gateway::encode_device_login(DeviceFixture::allowed(login)), std::nullopt})));
  CHECK(f.poll(f.here, login) == DevicePoll::unknown);
  const DeviceLogin other = f.login_of("WDJB-MJHV");
  REQUIRE(f.run(f.here.begin(other, kHere)));
  REQUIRE(f.run(f.storage.put(key, f.run(f.storage.get("device-logins/" + other.id)).value())));
  CHECK(f.poll(f.here, login) == DevicePoll::unknown);
}

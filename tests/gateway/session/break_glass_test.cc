// What control says of a try to sign in with the account for emergencies.
#include "gateway/session/break_glass.h"

#include "core/crypto/totp.h"

#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using core::ErrorKind;
using gateway::BreakGlassCheck;
using gateway::BreakGlassLimits;

constexpr std::int64_t kNow = 1'900'000'000;
constexpr std::string_view kPassword = "correct horse battery";
const core::IpAddress kHere = core::IpAddress::parse("192.0.2.1").value();

config::BreakGlass account() {
  config::BreakGlass made;
  made.user = "root";
  made.email = "root@example.com";
  made.groups = {"admins"};
  made.password = core::hash_password(core::Secret(std::string(kPassword)));
  made.totp_key = core::Secret("12345678901234567890");
  return made;
}

struct Fixture {
  core::ManualClock clock{core::from_unix_seconds(kNow)};
  core::Loop loop{clock};
  test_support::FailingStorage storage{clock};
  core::Random random;
  test_support::KeptLog sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::info, clock};
  gateway::Audit audit{log};
  config::BreakGlass settings = account();
  std::chrono::seconds longest = std::chrono::hours(12);
  BreakGlassCheck here{parts()};
  BreakGlassCheck there{parts()};

  gateway::BreakGlassParts parts() { return {settings, longest, storage, loop, random, clock, log, audit}; }
  [[nodiscard]] std::string code(std::int64_t later = 0) const {
    return core::totp_code(settings.totp_key, kNow / 30 + later);
  }
  core::Result<gateway::Identity> attempt(BreakGlassCheck& asked, std::string_view password, std::string code,
                                          core::IpAddress from = kHere) {
    auto made = std::make_shared<gateway::BreakGlassTry>();
    made->password = core::Secret(std::string(password));
    made->code = std::move(code);
    made->from = from;
    made->request.client = from.text();
    core::Flow<gateway::Identity> flow = asked.check(std::move(made));
    flow.start();
    while (!flow.has_ended()) loop.turn(true);
    return flow.result();
  }
  ErrorKind refusal(BreakGlassCheck& asked, std::string_view password, std::string code,
                    core::IpAddress from = kHere) {
    const core::Result<gateway::Identity> result = attempt(asked, password, std::move(code), from);
    REQUIRE_FALSE(result.has_value());
    return result.error().kind;
  }
};

}  // namespace

TEST_CASE("the right password with the code of now is the account's, for its time") {
  Fixture at;
  const core::Result<gateway::Identity> who = at.attempt(at.here, kPassword, at.code());
  REQUIRE(who);
  CHECK(who->provider == "break-glass");
  CHECK(who->issuer == config::kBreakGlassIssuer);
  CHECK(who->user == "root");
  CHECK(who->email == "root@example.com");
  CHECK(who->email_counts);
  CHECK(who->groups == std::vector<std::string>{"admins"});
  CHECK(who->expires_at == at.clock.wall() + std::chrono::hours(1));
  CHECK(at.sink.text.find(R"("level":"warn","message":"audit","act":"break_glass",)") != std::string::npos);
}

TEST_CASE("no session of the account is longer than any") {
  Fixture at;
  at.longest = std::chrono::minutes(20);
  CHECK(at.attempt(at.here, kPassword, at.code())->expires_at == at.clock.wall() + std::chrono::minutes(20));
}

TEST_CASE("a wrong password and a wrong code are refused alike, and loudly") {
  Fixture at;
  const core::Result<gateway::Identity> password = at.attempt(at.here, "wrong horse battery", at.code());
  const core::Result<gateway::Identity> code = at.attempt(at.here, kPassword, at.code(5));
  REQUIRE_FALSE(password);
  REQUIRE_FALSE(code);
  CHECK(password.error().kind == ErrorKind::unverified);
  CHECK(code.error().kind == ErrorKind::unverified);
  CHECK(password.error().text == code.error().text);
  CHECK(at.sink.text.find(R"("level":"warn","message":"audit","act":"break_glass_refused",)") !=
        std::string::npos);
  CHECK(at.sink.text.find("horse") == std::string::npos);
  CHECK(at.sink.text.find(at.code(5)) == std::string::npos);
}

TEST_CASE("a code counts once on all replicas, and none that is older does after it") {
  Fixture at;
  REQUIRE(at.attempt(at.here, kPassword, at.code()));
  CHECK(at.refusal(at.here, kPassword, at.code()) == ErrorKind::unverified);
  CHECK(at.refusal(at.there, kPassword, at.code()) == ErrorKind::unverified);
  CHECK(at.refusal(at.there, kPassword, at.code(-1)) == ErrorKind::unverified);
  CHECK(at.attempt(at.there, kPassword, at.code(1)));
}

TEST_CASE("a wrong password uses up no code") {
  Fixture at;
  CHECK(at.refusal(at.here, "wrong horse battery", at.code()) == ErrorKind::unverified);
  CHECK(at.attempt(at.here, kPassword, at.code()));
}

TEST_CASE("what storage cannot say lets nobody in") {
  Fixture at;
  at.storage.is_down = true;
  CHECK(at.refusal(at.here, kPassword, at.code()) == ErrorKind::unavailable);
  at.storage.is_down = false;
  at.storage.is_full = true;
  CHECK_FALSE(at.attempt(at.here, kPassword, at.code()));
  at.storage.is_full = false;
  core::StorageEntry bent;
  bent.value = "not a step";
  at.storage.put("break-glass-step", bent).start();
  CHECK(at.refusal(at.here, kPassword, at.code()) == ErrorKind::unverified);
}

TEST_CASE("five tries of one address in a quarter of an hour, right or wrong, and also after a reload") {
  Fixture at;
  for (std::size_t tries = 0; tries < gateway::kBreakGlassTriesEach; ++tries)
    CHECK(at.refusal(at.here, "wrong", "000000") == ErrorKind::unverified);
  CHECK(at.refusal(at.here, kPassword, at.code()) == ErrorKind::refused);
  at.there.take_over(at.here);
  CHECK(at.refusal(at.there, kPassword, at.code()) == ErrorKind::refused);
  const core::IpAddress elsewhere = core::IpAddress::parse("192.0.2.2").value();
  CHECK(at.attempt(at.there, kPassword, at.code(), elsewhere));
  at.clock.advance(gateway::kBreakGlassWindow);
  CHECK(at.refusal(at.there, "wrong", "000000") == ErrorKind::unverified);
}

TEST_CASE("tries are counted by IPv6 network, and of all together") {
  BreakGlassLimits limits;
  core::SteadyTime now{};
  now += std::chrono::hours(1);
  const auto of = [](int network, int host) {
    return core::IpAddress::parse("2001:db8:0:" + std::to_string(network) + "::" + std::to_string(host))
        .value();
  };
  for (int host = 1; host <= 5; ++host) CHECK(limits.take(of(1, host), now));
  CHECK_FALSE(limits.take(of(1, 9), now));
  for (int network = 2; network <= 6; ++network) {
    for (int host = 1; host <= 5; ++host) CHECK(limits.take(of(network, host), now));
  }
  CHECK_FALSE(limits.take(of(7, 1), now));
  CHECK_FALSE(limits.take(kHere, now));
  CHECK(limits.take(kHere, now + gateway::kBreakGlassWindow));
}

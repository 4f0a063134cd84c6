#include "gateway/oidc/directory.h"

#include "gateway/oidc/redeemed_ids.h"
#include "tests/gateway/support/fake_provider.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace std::chrono_literals;

struct Fixture {
  core::ManualClock clock{core::from_unix_seconds(test_support::kNoon)};
  core::Loop loop{clock};
  test_support::KeptLog sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  core::Random random;
  config::Provider settings = test_support::provider_named("corp");
  test_support::FakeProvider provider{clock};
  gateway::ProviderDirectory directory{{{&settings, &provider}}, {loop, random, log}};

  void turn() {
    for (int i = 0; i < 5; ++i) loop.turn(false);
  }
  [[nodiscard]] std::shared_ptr<const gateway::ProviderState> state() const {
    return directory.state("corp").latest();
  }
  [[nodiscard]] std::size_t discoveries() const {
    return provider.count("/.well-known/openid-configuration");
  }
};

const core::FetchResponse kDown = test_support::response_of(503, "text/plain", "");

}  // namespace

TEST_CASE("metadata and keys are fetched in the background and again every hour") {
  Fixture f;
  CHECK_FALSE(f.state()->is_ready());
  f.directory.start();
  f.turn();
  CHECK(f.state()->is_ready());
  CHECK(f.discoveries() == 1);
  f.clock.advance(59min);
  f.turn();
  CHECK(f.discoveries() == 1);
  f.clock.advance(1min);
  f.turn();
  CHECK(f.discoveries() == 2);
}

TEST_CASE(
    "failures are tried again after one second, then two, and so on up to a minute, a fifth less by chance") {
  Fixture f;
  f.provider.instead.emplace("/.well-known/openid-configuration", kDown);
  f.directory.start();
  f.turn();
  for (const core::Duration pause :
       {1000ms, 2000ms, 4000ms, 8000ms, 16'000ms, 32'000ms, 60'000ms, 60'000ms}) {
    CAPTURE(pause.count());
    const std::size_t before = f.discoveries();
    f.clock.advance(pause * 4 / 5 - 1ms);
    f.turn();
    CHECK(f.discoveries() == before);
    f.clock.advance(pause / 5 + 1ms);
    f.turn();
    CHECK(f.discoveries() == before + 1);
  }
  CHECK_FALSE(f.state()->problem.empty());
  f.provider.instead.clear();
  f.clock.advance(60s);
  f.turn();
  CHECK(f.state()->is_ready());
  CHECK(f.state()->problem.empty());
  CHECK(f.sink.text.find("provider is ready") != std::string::npos);
}

TEST_CASE("what once worked stays while the provider is down") {
  Fixture f;
  f.directory.start();
  f.turn();
  f.provider.instead.emplace("/keys", kDown);
  f.clock.advance(1h);
  f.turn();
  CHECK(f.state()->is_ready());
  CHECK_FALSE(f.state()->problem.empty());
}

TEST_CASE("keys are believed for a day without their provider, and no longer") {
  Fixture f;
  f.directory.start();
  f.turn();
  f.provider.instead.emplace("/.well-known/openid-configuration", kDown);
  const auto pass = [&f](core::Duration time) {
    for (; time > 0ms; time -= 1min) {
      f.clock.advance(1min);
      f.turn();
    }
  };
  pass(23h + 58min);
  CHECK(f.state()->is_ready());
  pass(3min);
  CHECK_FALSE(f.state()->is_ready());
  CHECK(f.state()->keys->keys().empty());
  CHECK(f.sink.text.find("too old to be believed") != std::string::npos);
  f.provider.instead.clear();
  pass(2min);
  CHECK(f.state()->is_ready());
}

TEST_CASE("K05: any number of callers share one fetch of keys, and later ones none") {
  Fixture f;
  f.directory.start();
  f.turn();
  f.provider.held["/keys"] = true;
  f.provider.rotate();
  std::vector<core::Flow<>> flows;
  for (int i = 0; i < 100; ++i) {
    flows.push_back(f.directory.refetch_keys("corp"));
    flows.back().start();
    CHECK_FALSE(flows.back().has_ended());
  }
  flows.erase(flows.begin() + 10, flows.begin() + 20);  // some give up
  flows.erase(flows.begin());
  f.provider.release();
  for (core::Flow<>& flow : flows) CHECK(flow.has_ended());
  CHECK(f.provider.count("/keys") == 2);
  CHECK(f.state()->keys->keys().front().id == "key-1");
  core::Flow<> later = f.directory.refetch_keys("corp");
  later.start();
  CHECK(later.has_ended());
  CHECK(f.provider.count("/keys") == 2);
  f.clock.advance(30s);
  f.turn();
  core::Flow<> much_later = f.directory.refetch_keys("corp");
  much_later.start();
  CHECK(f.provider.count("/keys") == 3);
}

TEST_CASE(
    "who waits for providers waits for an answer or a failure of each, for a while, and later not at all") {
  const std::string path = "/.well-known/openid-configuration";
  for (const bool answers : {true, false}) {
    CAPTURE(answers);
    Fixture f;
    f.provider.held[path] = true;
    if (!answers) f.provider.instead.emplace(path, kDown);
    core::Flow<> reached = f.directory.reach(2s);
    reached.start();
    f.turn();
    CHECK_FALSE(reached.has_ended());
    f.provider.release();
    f.turn();
    CHECK(reached.has_ended());
    CHECK(f.state()->is_ready() == answers);
    core::Flow<> again = f.directory.reach(2s);
    again.start();
    CHECK(again.has_ended());
  }
  Fixture f;
  f.provider.held[path] = true;
  core::Flow<> patient = f.directory.reach(2s);
  patient.start();
  f.turn();
  f.clock.advance(1999ms);
  f.turn();
  CHECK_FALSE(patient.has_ended());
  f.clock.advance(1ms);
  f.turn();
  CHECK(patient.has_ended());
  f.provider.release();  // it is followed on
  f.turn();
  CHECK(f.state()->is_ready());
  CHECK(f.discoveries() == 1);
}

TEST_CASE("a directory that ends while it fetches leaves nothing behind") {
  Fixture f;
  f.provider.held["/.well-known/openid-configuration"] = true;
  f.directory.start();
  f.turn();
}

TEST_CASE("an id is redeemed once while it is remembered, and the oldest make room") {
  gateway::RedeemedIds ids(3);
  const core::WallTime now = core::from_unix_seconds(0);
  CHECK(ids.redeem("a", now, 60s));
  CHECK_FALSE(ids.redeem("a", now, 60s));
  CHECK_FALSE(ids.redeem("a", now + 59s, 60s));
  CHECK(ids.redeem("a", now + 60s, 60s));
  CHECK(ids.redeem("b", now + 60s, 60s));
  CHECK(ids.redeem("c", now + 60s, 60s));
  CHECK(ids.redeem("d", now + 60s, 60s));
  CHECK(ids.redeem("a", now + 60s, 60s));
  CHECK_FALSE(ids.redeem("d", now + 60s, 60s));
}

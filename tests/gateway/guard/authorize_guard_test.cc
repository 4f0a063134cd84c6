// When another decision engine is asked, how often, and what follows when it says no later, or nothing.
#include "gateway/guard/authorize_guard.h"

#include <deque>

#include "gateway/guard/engine_renewal.h"
#include "gateway/guard/open_guard.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
using namespace std::chrono_literals;

/// Answers at once, or never.
class Engine final : public core::HttpClient {
 public:
  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits) override {
    requests.push_back(std::move(request));
    if (is_silent) co_await never.emplace_back();
    core::FetchResponse response;
    response.status = status;
    co_return response;
  }
  std::vector<core::FetchRequest> requests;
  int status = 200;
  bool is_silent = false;
  std::deque<core::OneShot<>> never;
};

class Answers final : public gateway::ErrorAnswers {
 public:
  [[nodiscard]] gateway::Reply answer(const gateway::Request&, int status) const override {
    gateway::Reply reply;
    reply.status = status;
    return reply;
  }
};

struct Fixture : SessionsFixture {
  core::Loop loop{clock};
  KeptLog sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  gateway::Audit audit{log};
  Engine engine;
  Answers errors;
  OwnedRequest request{"GET", "https://app.example.com/socket?token=secret", clock.wall()};
  std::unique_ptr<gateway::AuthorizeGuard> guard;
  std::vector<core::Error> over;

  Fixture() { guard = make("http://engine:9091/check"); }
  std::unique_ptr<gateway::AuthorizeGuard> make(const std::string& url) {
    config::Authorize settings;
    settings.url = core::parse_url(url).value();
    return std::make_unique<gateway::AuthorizeGuard>(
        settings, gateway::AuthorizeGuardParts{loop, engine, errors, *names, log, audit},
        std::make_unique<gateway::OpenGuard>());
  }
  gateway::Verdict admit() {
    core::Flow<gateway::Verdict> asking = guard->admit(request.request());
    asking.start();
    REQUIRE(asking.has_ended());
    return std::move(asking.result().value());
  }
  std::unique_ptr<gateway::Renewal> stand_open() {
    gateway::Verdict verdict = admit();
    REQUIRE(verdict.renewal);
    verdict.renewal->begin(request.request(), [this](const core::Error& why) { over.push_back(why); });
    return std::move(verdict.renewal);
  }
  void pass(core::Duration time) {
    clock.advance(time);
    for (int i = 0; i < 4; ++i) loop.turn(false);
  }
};

}  // namespace

TEST_CASE("of questions under way there are 1,000 at most, and one more is 503 at once") {
  Fixture f;
  f.engine.is_silent = true;
  std::deque<core::Flow<gateway::Verdict>> asking;
  for (std::size_t i = 0; i < gateway::kMaxEngineQuestions; ++i) {
    asking.push_back(f.guard->admit(f.request.request()));
    asking.back().start();
  }
  CHECK(f.engine.requests.size() == gateway::kMaxEngineQuestions);
  const gateway::Verdict refused = f.admit();
  CHECK_FALSE(refused.admitted);
  CHECK(refused.answer.status == 503);
  CHECK(f.engine.requests.size() == gateway::kMaxEngineQuestions);
  asking.pop_front();  // its client went away
  f.engine.is_silent = false;
  CHECK(f.admit().admitted);
}

TEST_CASE("only an admission is renewed, and only what its own engine was asked about") {
  Fixture f;
  const gateway::Verdict verdict = f.admit();
  CHECK(verdict.renewal->by() == f.guard->renewed_by());
  CHECK(verdict.renewal->by() != f.make("http://other:9091/check")->renewed_by());
  for (const int status : {403, 302, 500}) {
    f.engine.status = status;
    CHECK(f.admit().renewal == nullptr);
  }
}

TEST_CASE("what stands open is asked about again with the question of then, and ends with a no") {
  Fixture f;
  f.request.with("Cookie", "authelia_session=1");
  const auto renewal = f.stand_open();
  f.pass(59s);
  CHECK(f.engine.requests.size() == 1);
  f.pass(1s);
  f.pass(60s);
  REQUIRE(f.engine.requests.size() == 3);
  CHECK(f.engine.requests[2].url.text() == f.engine.requests[0].url.text());
  CHECK(f.engine.requests[2].fields == f.engine.requests[0].fields);
  CHECK(f.over.empty());
  f.engine.status = 401;
  f.pass(60s);
  CHECK(f.over.size() == 1);
  CHECK(f.sink.text.contains(R"("act":"denied")"));
  CHECK(f.sink.text.contains("authorize: 401, while it stood open"));
  CHECK_FALSE(f.sink.text.contains("secret"));
  f.engine.status = 200;
  f.pass(10min);
  CHECK(f.engine.requests.size() == 4);  // it is over
}

TEST_CASE("a restart of the engine ends nothing, its absence everything") {
  Fixture f;
  const auto renewal = f.stand_open();
  f.engine.status = 502;
  f.pass(60s);
  for (int i = 0; i < 29; ++i) f.pass(10s);
  CHECK(f.engine.requests.size() == 31);
  CHECK(f.over.empty());
  SUBCASE("it is back in time, and has its whole patience again") {
    f.engine.status = 200;
    f.pass(10s);
    f.engine.status = 502;
    f.pass(60s);
    for (int i = 0; i < 29; ++i) f.pass(10s);
    CHECK(f.over.empty());
  }
  SUBCASE("it stays away") {
    f.pass(10s);
    REQUIRE(f.over.size() == 1);
    f.pass(10min);
    CHECK(f.over.size() == 1);
  }
}

TEST_CASE("many sockets keep no request from being asked about, and each has its turn") {
  Fixture f;
  std::vector<std::unique_ptr<gateway::Renewal>> open;
  for (std::size_t i = 0; i < 2 * gateway::kMaxEngineRenewals; ++i) open.push_back(f.stand_open());
  const std::size_t before = f.engine.requests.size();
  f.engine.is_silent = true;
  f.pass(60s);
  CHECK(f.engine.requests.size() == before + gateway::kMaxEngineRenewals);
  f.engine.is_silent = false;
  CHECK(f.admit().admitted);
  for (core::OneShot<>& cell : f.engine.never)
    cell.deliver(core::failure(core::ErrorKind::timed_out, core::Side::origin, "no answer"));
  f.pass(1s);
  CHECK(f.engine.requests.size() == before + 1 + 2 * gateway::kMaxEngineRenewals);
  CHECK(f.over.empty());
}

TEST_CASE("who never gets a turn is not kept open by the others for longer than the patience") {
  Fixture f;
  std::vector<std::unique_ptr<gateway::Renewal>> open;
  for (std::size_t i = 0; i < gateway::kMaxEngineRenewals + 5; ++i) open.push_back(f.stand_open());
  f.engine.is_silent = true;
  f.pass(60s);
  for (int i = 0; i < 299; ++i) f.pass(1s);
  CHECK(f.over.empty());
  for (int i = 0; i < 2; ++i) f.pass(1s);
  CHECK(f.over.size() == 5);
  CHECK(f.sink.text.contains("no answer that counts, while it stood open"));
}

// When authorities are asked what they say of given certificates, and what is stapled meanwhile.
#include "tls/issue/stapler.h"

#include <ctime>

#include "core/loop/wait.h"
#include "core/text/base64.h"
#include "tests/tls/acme/support/acme_fixture.h"
#include "tests/tls/support/responder.h"

#include "tests/support/doctest.h"

namespace {

using namespace std::chrono_literals;
using tests::OcspAnswerOptions;
using tests::Responder;

/// Answers what the test says, and counts.
class Web final : public core::HttpClient {
 public:
  explicit Web(core::Loop& its_loop) : loop(its_loop) {}
  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits limits) override {
    ++asked;
    last = std::move(request);
    largest = limits.body_bytes;
    if (is_silent) co_await core::sleep_for(loop, 1h);
    if (is_down) co_return core::failure(core::ErrorKind::unreachable, core::Side::origin, "nobody is there");
    core::FetchResponse response;
    response.status = status;
    response.body = body;
    co_return std::move(response);
  }
  core::Loop& loop;
  bool is_silent = false;
  int asked = 0;
  int status = 200;
  bool is_down = false;
  std::size_t largest = 0;
  std::string body;
  core::FetchRequest last;
};

/// Its wall may leap, as an operator or NTP makes it; steady time goes on.
class LeapingClock final : public core::Clock {
 public:
  [[nodiscard]] core::WallTime wall() const override { return steady_.wall() + leapt_; }
  [[nodiscard]] core::SteadyTime steady() const override { return steady_.steady(); }
  void advance(core::Duration by) { steady_.advance(by); }
  void leap(core::Duration by) { leapt_ += by; }

 private:
  core::ManualClock steady_{core::from_unix_seconds(std::time(nullptr))};
  core::Duration leapt_{0};
};

struct House {
  House() { shelf.set_given({certificate}); }
  void pass(core::Duration time, core::Duration step = 10s) {
    for (core::Duration passed{0}; passed < time; passed += step) {
      clock.advance(step);
      for (int i = 0; i < 3; ++i) loop.turn(false);
    }
  }
  /// Whether what is shown for app.test is another object than was given: one with an answer.
  bool is_stapled() { return shelf.certificates().latest()->find("app.test") != certificate; }

  LeapingClock clock;
  core::Loop loop{clock};
  test_support::KeptLines lines;
  core::Log log{lines, core::LogFormat::text, core::LogLevel::debug, clock};
  Responder responder;
  tls::CertificatePointer certificate = responder.certificate();
  tls::CertificateShelf shelf;
  Web web{loop};
  std::unique_ptr<core::Storage> storage = core::make_memory_storage(clock);
  tls::Stapler stapler{{loop, log, web, *storage, shelf}};
};

/// Another process with the same storage.
struct Successor {
  explicit Successor(House& house) : house(house) { shelf.set_given({house.certificate}); }
  /// Reads what is stored, without a turn of the loop: before anybody is let in.
  void load() {
    core::Flow<> loading = stapler.load({house.certificate});
    loading.start();
    CHECK(loading.has_ended());
  }
  bool is_stapled() { return shelf.certificates().latest()->find("app.test") != house.certificate; }
  House& house;
  tls::CertificateShelf shelf;
  tls::Stapler stapler{{house.loop, house.log, house.web, *house.storage, shelf}};
};

/// The only entry of storage, whatever it is called.
std::string stored_key(House& house) {
  core::Flow<std::vector<std::string>> listing = house.storage->list("ocsp");
  listing.start();
  const std::vector<std::string> keys = *listing.result();
  return keys.size() == 1 ? keys.front() : "";
}

}  // namespace

TEST_CASE("an answer is stapled once it is there, and asked for again at half of its life") {
  House house;
  house.web.body = house.responder.answer({.since = 0, .until = 7200});
  CHECK_FALSE(house.is_stapled());
  house.stapler.follow({house.certificate});
  house.pass(20s);
  CHECK(house.is_stapled());
  CHECK(house.web.asked == 1);
  CHECK(house.web.last.method == "POST");
  CHECK(house.web.last.url.text() == "http://ocsp.test/ask");
  CHECK(house.web.largest == tls::kMaxOcspAnswer);
  house.pass(3500s);
  CHECK(house.web.asked == 1);
  house.pass(100s);
  CHECK(house.web.asked == 2);
}

TEST_CASE("without a fresh answer the one before is shown until its end, then none, and asking goes on") {
  House house;
  house.web.body = house.responder.answer({.since = 0, .until = 7200});
  house.stapler.follow({house.certificate});
  house.pass(20s);
  house.web.is_down = true;
  house.pass(7000s);
  CHECK(house.is_stapled());
  CHECK(house.lines.mention("the one before is stapled until its end"));
  house.pass(200s);
  CHECK_FALSE(house.is_stapled());
  CHECK(house.lines.mention("nothing is stapled"));
  house.web.is_down = false;
  house.web.body = house.responder.answer({.since = 0, .until = 86400});
  house.pass(tls::kLastOcspBackOff + 60s);
  CHECK(house.is_stapled());
}

TEST_CASE("garbage, refusals and other people's answers staple nothing, and are asked for ever more slowly") {
  const auto garbage = [](House& house, int which) {
    const std::string rows[] = {"", "no answer", house.responder.answer({.by_stranger = true}),
                                Responder::refusal(OCSP_RESPONSE_STATUS_TRYLATER)};
    house.web.body = rows[which];
  };
  for (int i = 0; i < 4; ++i) {
    CAPTURE(i);
    House house;
    garbage(house, i);
    house.stapler.follow({house.certificate});
    house.pass(24h, 30s);
    CHECK_FALSE(house.is_stapled());
    CHECK(house.web.asked >= 24);
    CHECK(house.web.asked <= 32);
  }
  House house;
  house.web.status = 503;
  house.web.body = house.responder.answer();
  house.stapler.follow({house.certificate});
  house.pass(20s);
  CHECK_FALSE(house.is_stapled());
}

TEST_CASE("a revoked certificate's good answer of before is taken away at once") {
  House house;
  house.web.body = house.responder.answer({.since = 0, .until = 7200});
  house.stapler.follow({house.certificate});
  house.pass(20s);
  house.web.body = house.responder.answer({.status = V_OCSP_CERTSTATUS_REVOKED, .since = 0, .until = 7200});
  house.pass(3600s);
  CHECK_FALSE(house.is_stapled());
  CHECK(house.lines.mention("the certificate is revoked: keyCompromise"));
}

TEST_CASE("a responder with answers of the shortest life is not asked all the time") {
  House house;
  house.web.body = house.responder.answer({.since = -100, .until = 2});
  house.stapler.follow({house.certificate});
  for (int i = 0; i < 1000; ++i) house.pass(1ms, 1ms);
  CHECK(house.web.asked == 1);
}

TEST_CASE("a certificate that is given no more is asked about no more, and its answer is forgotten") {
  House house;
  house.web.body = house.responder.answer({.since = 0, .until = 7200});
  house.stapler.follow({house.certificate});
  house.stapler.follow({house.certificate});
  house.pass(20s);
  CHECK(house.web.asked == 1);
  house.stapler.follow({});
  house.pass(2h);
  CHECK(house.web.asked == 1);
  CHECK_FALSE(house.is_stapled());
  house.web.body = house.responder.answer({.since = 0, .until = 86400});
  house.stapler.follow({house.certificate});
  house.pass(20s);
  CHECK(house.is_stapled());
}

TEST_CASE(
    "an answer outlives a restart: it is stapled before anybody is let in, and not asked for before its "
    "time") {
  House house;
  house.web.body = house.responder.answer({.since = 0, .until = 7200});
  house.stapler.follow({house.certificate});
  house.pass(20s);
  REQUIRE(house.is_stapled());
  Successor successor(house);
  successor.load();
  CHECK(successor.is_stapled());
  successor.stapler.follow({house.certificate});
  house.pass(60s);
  CHECK(house.web.asked == 1);
  house.pass(3600s);
  CHECK(house.web.asked == 3);  // both at half of its life
}

TEST_CASE("a stored answer is judged as if it came from the wire") {
  const auto stored = [](House& house, const std::string& value) {
    core::StorageEntry entry;
    entry.value = value;
    core::Flow<> putting = house.storage->put(stored_key(house), entry);
    putting.start();
    REQUIRE(putting.result());
  };
  const Responder stranger;
  House house;
  house.web.body = house.responder.answer({.since = 0, .until = 7200});
  house.stapler.follow({house.certificate});
  house.pass(20s);
  REQUIRE_FALSE(stored_key(house).empty());
  const auto text_of = [](const std::string& answer) {
    return R"({"answer":")" + core::base64_encode(answer, core::Base64::standard) + R"(","newest":0})";
  };
  const std::pair<std::string, bool> rows[] = {
      {text_of(house.responder.answer()), true},
      {text_of(stranger.answer()), false},
      {text_of(house.responder.answer({.by_stranger = true})), false},
      {text_of(house.responder.answer({.since = -7200, .until = -1})), false},
      {text_of(house.responder.answer({.status = V_OCSP_CERTSTATUS_REVOKED})), false},
      {text_of("no answer"), false},
      {R"({"answer":"?","newest":0})", false},
      {"no object", false},
      {"", false},
  };
  for (const auto& [value, counts] : rows) {
    CAPTURE(value);
    stored(house, value);
    Successor successor(house);
    successor.load();
    CHECK(successor.is_stapled() == counts);
  }
}

TEST_CASE("an answer of before the one that is known is a replay, also after a revocation and a restart") {
  House house;
  const std::string old = house.responder.answer({.since = -3000, .until = 86400});
  house.web.body = house.responder.answer({.since = -1000, .until = 3600});
  house.stapler.follow({house.certificate});
  house.pass(20s);
  REQUIRE(house.is_stapled());
  house.web.body = old;
  house.pass(2000s);
  CHECK(house.lines.mention("older than what is known already"));
  house.web.body =
      house.responder.answer({.status = V_OCSP_CERTSTATUS_REVOKED, .since = -500, .until = 86400});
  house.pass(1h);
  CHECK_FALSE(house.is_stapled());
  house.web.body = old;
  house.pass(2h);
  CHECK_FALSE(house.is_stapled());
  Successor successor(house);
  successor.load();
  successor.stapler.follow({house.certificate});
  house.pass(2h);
  CHECK_FALSE(successor.is_stapled());
  // What the authority takes back is believed once it says so.
  house.web.body = house.responder.answer({.since = -400, .until = 86400});
  house.pass(2h);
  CHECK(house.is_stapled());
  CHECK(successor.is_stapled());
}

TEST_CASE("an answer that lives for years is asked for every day") {
  House house;
  house.web.body = house.responder.answer({.since = 0, .until = 10L * 365 * 86400});
  house.stapler.follow({house.certificate});
  house.pass(20s);
  CHECK(house.web.asked == 1);
  house.pass(49h, 1min);
  CHECK(house.web.asked == 3);
}

TEST_CASE("a clock that leaps beyond an answer's end takes it away within minutes") {
  House house;
  house.web.body = house.responder.answer({.since = 0, .until = 86400});
  house.stapler.follow({house.certificate});
  house.pass(20s);
  REQUIRE(house.is_stapled());
  house.web.is_down = true;
  house.clock.leap(48h);
  house.pass(11min);
  CHECK_FALSE(house.is_stapled());
}

TEST_CASE("of many certificates a few are asked about at a time") {
  House house;
  house.web.is_silent = true;
  std::vector<Responder> responders(tls::kParallelOcsp + 5);
  std::vector<tls::CertificatePointer> certificates;
  for (const Responder& responder : responders) certificates.push_back(responder.certificate());
  house.stapler.follow(certificates);
  house.pass(10s);
  CHECK(house.web.asked == static_cast<int>(tls::kParallelOcsp));
}

// When authorities are asked what they say of given certificates, and what is stapled meanwhile.
#include "tls/issue/stapler.h"

#include <ctime>

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
  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits limits) override {
    ++asked;
    last = std::move(request);
    largest = limits.body_bytes;
    if (is_down) co_return core::failure(core::ErrorKind::unreachable, core::Side::origin, "nobody is there");
    core::FetchResponse response;
    response.status = status;
    response.body = body;
    co_return std::move(response);
  }
  int asked = 0;
  int status = 200;
  bool is_down = false;
  std::size_t largest = 0;
  std::string body;
  core::FetchRequest last;
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

  core::ManualClock clock{core::from_unix_seconds(std::time(nullptr))};
  core::Loop loop{clock};
  test_support::KeptLines lines;
  core::Log log{lines, core::LogFormat::text, core::LogLevel::debug, clock};
  Responder responder;
  tls::CertificatePointer certificate = responder.certificate();
  tls::CertificateShelf shelf;
  Web web;
  tls::Stapler stapler{loop, log, web, shelf};
};

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

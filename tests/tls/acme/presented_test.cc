// What an order presents is taken back, whatever becomes of the process that presented it; and an order whose
// process is about to end is left before the authority is asked for anything.
#include "tls/acme/presented.h"

#include "tests/tls/acme/support/acme_fixture.h"
#include "tests/tls/acme/support/zone.h"

#include "tests/support/doctest.h"

using namespace test_support;

namespace {

/// Passes on what it is asked, until so many answers to challenges have passed: then nothing comes back.
class Wire final : public core::HttpClient {
 public:
  Wire(core::Loop& loop, FakeAuthority& authority) : loop_(loop), authority_(authority) {}
  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits limits) override {
    const bool is_dead = authority_.count("POST challenge") >= answers;
    if (is_dead) co_await core::sleep_for(loop_, std::chrono::hours(1));
    core::FetchResponse response = co_await authority_.fetch(std::move(request), limits);
    co_return std::move(response);
  }
  std::size_t answers = 1000;

 private:
  core::Loop& loop_;
  FakeAuthority& authority_;
};

struct Bed : AcmeFixture {
  /// One process's order for both names.
  struct Process {
    explicit Process(Bed& bed)
        : client(bed.loop, bed.wire, {bed.authority.directory_url(), {}}),
          accounts(*bed.storage, bed.log, {}),
          run({client, accounts, bed.journal, {&bed.way}, bed.random, bed.log, &bed.is_closing}, request()) {}
    static tls::OrderRequest request() {
      tls::OrderRequest request;
      request.names = {"a.test", "b.test"};
      return request;
    }
    tls::AcmeClient client;
    tls::AccountBook accounts;
    tls::OrderRun run;
  };
  /// Dies when the authority has seen so many answers to challenges.
  void die_after(std::size_t answers) {
    wire.answers = answers;
    Process process(*this);
    core::RunningFlow<tls::IssuedCertificate> running;
    running.start(process.run.run(), [](const auto&) {});
    for (int turns = 0; turns < 10 && authority.count("POST challenge") < answers; ++turns) loop.turn(false);
    REQUIRE(authority.count("POST challenge") == answers);
    wire.answers = 1000;
  }
  core::Result<tls::IssuedCertificate> order() {
    Process process(*this);
    auto issued = run(process.run.run());
    was_put_off = process.run.was_put_off();
    return issued;
  }

  Wire wire{loop, authority};
  Zone zone;
  ZoneChallenge way{loop, zone};
  bool is_closing = false;
  bool was_put_off = false;
};

}  // namespace

TEST_CASE("what a process presented that died is taken back by the next, whatever is valid by then") {
  // After one answer the order is pending and one of its authorizations valid; after two it is ready.
  for (const std::size_t answers : {1U, 2U}) {
    CAPTURE(answers);
    Bed bed;
    bed.die_after(answers);
    CHECK(bed.zone.standing.size() == 2);
    REQUIRE(bed.journal.record);
    CHECK(bed.journal.record->presented.size() == 2);
    const auto issued = bed.order();
    REQUIRE_MESSAGE(issued, issued.error().text);
    CHECK(bed.zone.standing.empty());
    CHECK(bed.journal.record->presented.empty());
    CHECK(bed.authority.count("POST new-order") == 1);
  }
}

TEST_CASE("what was presented for an order that is over is taken back before another begins") {
  Bed bed;
  bed.die_after(2);
  bed.authority.token = "another-token-of-another-order-0";
  for (auto& [id, order] : bed.authority.orders) order.status = "invalid";
  const auto issued = bed.order();
  REQUIRE_MESSAGE(issued, issued.error().text);
  CHECK(bed.authority.count("POST new-order") == 2);
  CHECK(bed.zone.standing.empty());
}

TEST_CASE(
    "nothing is written down of a way that leaves nothing behind, and one that is gone holds nothing up") {
  Bed bed;
  bed.die_after(2);
  // The next process has no dns-01: its order goes on, and says what stays behind.
  const auto issued = bed.AcmeFixture::order({{"a.test", "b.test"}, "", "", ""});
  REQUIRE_MESSAGE(issued, issued.error().text);
  CHECK(bed.lines.mention("dns-01 is not set up any more"));
  AcmeFixture plain;
  plain.authority.instead = [&](const std::string& what, const core::Json&) {
    if (what == "challenge") CHECK(plain.journal.record->presented.empty());
    return std::optional<core::FetchResponse>();
  };
  CHECK(plain.order("app.test"));
}

TEST_CASE("an order is put off before the authority is asked for a validation that nobody would answer") {
  for (const bool is_closing_before : {true, false}) {
    CAPTURE(is_closing_before);
    Bed bed;
    bed.is_closing = is_closing_before;
    bed.zone.on_wait = [&] { bed.is_closing = true; };
    CHECK_FALSE(bed.order());
    CHECK(bed.was_put_off);
    CHECK(bed.authority.count("POST challenge") == 0);
    CHECK(bed.zone.standing.empty());
    CHECK((bed.zone.removals > 0) == !is_closing_before);
    CHECK(bed.journal.record.has_value());
    bed.is_closing = false;
    bed.zone.on_wait = [] {};
    CHECK(bed.order());
    CHECK_FALSE(bed.was_put_off);
    CHECK(bed.authority.count("POST new-order") == 1);
  }
}

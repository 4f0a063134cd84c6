// Renewal advice (RFC 9773) as the keeper takes it.
#include "tests/tls/issue/support/house.h"
#include "tls/acme/renewal_info.h"

#include "tests/support/doctest.h"

using namespace test_support;
using core::Json;
using namespace std::chrono_literals;

namespace {

std::string timestamp(core::WallTime time) {
  std::string text;
  core::append_timestamp(text, time);
  return text;
}

core::FetchResponse advice_of(core::WallTime start, core::WallTime end, const char* retry_after = "21600") {
  Json window = Json::object();
  window.set("start", Json(timestamp(start)));
  window.set("end", Json(timestamp(end)));
  Json json = Json::object();
  json.set("suggestedWindow", std::move(window));
  core::FetchResponse answer;
  answer.status = 200;
  answer.fields.emplace_back("Retry-After", retry_after);
  answer.body = json.text();
  return answer;
}

/// An authority that advises as `advise` says, and keeps what orders replace.
struct AdvisedHouse : House {
  AdvisedHouse() {
    authority.directory_more.set("renewalInfo", Json(authority.url("renewal-info")));
    authority.instead = [this](const std::string& what,
                               const Json& payload) -> std::optional<core::FetchResponse> {
      if (what == "new-order") {
        replaced.emplace_back(payload.string_at("replaces").value_or(""));
        if (refuses_replacing && payload.find("replaces") != nullptr) return problem(409, "alreadyReplaced");
      }
      if (what == "renewal-info" && advise) return advise();
      return std::nullopt;
    };
  }
  std::function<core::FetchResponse()> advise;
  std::vector<std::string> replaced;
  bool refuses_replacing = false;
};

}  // namespace

TEST_CASE("times are read as RFC 3339 writes them") {
  const auto seconds = [](const char* text) {
    const auto time = tls::parse_timestamp(text);
    return time ? core::unix_seconds(*time) : -1;
  };
  CHECK(seconds("2027-01-15T08:00:00Z") == 1'800'000'000);
  CHECK(seconds("2027-01-15T08:00:00.999Z") == 1'800'000'000);
  CHECK(seconds("2027-01-15T10:00:00+02:00") == 1'800'000'000);
  CHECK(seconds("2027-01-15T02:30:00-05:30") == 1'800'000'000);
  for (const char* bad :
       {"", "2027-01-15", "2027-13-15T08:00:00Z", "2027-02-30T08:00:00Z", "2027-01-15T24:00:00Z",
        "2027-01-15T08:00:00", "2027-01-15T08:00:00.Z", "2027-01-15T08:00:00Zx", "-027-01-15T08:00:00Z",
        "9999-01-15T08:00:00Z", "2027-01-15T08:00:00+2:00"}) {
    CAPTURE(bad);
    CHECK(seconds(bad) == -1);
  }
}

TEST_CASE("a window in the past renews at once, and says which certificate is replaced") {
  AdvisedHouse house;
  const core::WallTime tomorrow = house.clock.wall() + 24h;
  house.advise = [&] { return advice_of(tomorrow, tomorrow + 1h, "60"); };
  auto process = house.start();
  house.pass(15s);
  REQUIRE(process->shown("app.test") != nullptr);
  house.pass(12h, 1min);
  CHECK(house.authority.issued == 1);
  house.advise = [&] { return advice_of(house.clock.wall() - 48h, house.clock.wall() - 24h); };
  house.pass(2min);
  CHECK(house.authority.issued == 2);
  REQUIRE(house.replaced.size() >= 2);
  CHECK(house.replaced[0].empty());
  // base64url(authority key id) "." base64url(serial), the serial's leading zero kept (0x0081).
  CHECK(house.replaced[1].ends_with(".AIE"));
}

TEST_CASE("advice that always lies in the past makes no more than a few orders a day") {
  AdvisedHouse house;
  house.advise = [&] { return advice_of(house.clock.wall() - 48h, house.clock.wall() - 24h); };
  auto process = house.start();
  house.pass(48h, 2min);
  CHECK(house.authority.issued >= 3);
  CHECK(house.authority.issued <= 9);
}

TEST_CASE("a moment in the window is chosen once, kept over restarts, and met") {
  AdvisedHouse house;
  const core::WallTime start = house.clock.wall() + 240h;
  const core::WallTime end = start + 48h;
  house.advise = [&] { return advice_of(start, end); };
  auto process = house.start();
  house.pass(30s);
  const std::string key = "certificates/" + tls::set_id({"app.test"}) + "/advice";
  const std::string chosen = house.run(house.storage->get(key)).value().value;
  for (int i = 0; i < 3; ++i) {
    process = house.start();
    house.pass(1min);
    CHECK(house.run(house.storage->get(key)).value().value == chosen);
  }
  house.pass(239h, 10min);
  CHECK(house.authority.issued == 1);
  house.advise = nullptr;
  house.pass(50h, 10min);
  CHECK(house.authority.issued == 2);
}

TEST_CASE("a window far behind the end of the certificate does not put its renewal off") {
  AdvisedHouse house;
  house.advise = [&] { return advice_of(house.clock.wall() + 24h * 365, house.clock.wall() + 24h * 366); };
  auto process = house.start();
  house.pass(2000h, 1h);
  CHECK(house.authority.issued >= 2);
}

TEST_CASE("advice that is wrong, missing or refused blocks no renewal") {
  const std::vector<core::FetchResponse> answers{
      problem(500, "serverInternal"), problem(404, "malformed"),
      advice_of(core::from_unix_seconds(1'900'000'000), core::from_unix_seconds(1'900'000'000)),
      advice_of(core::from_unix_seconds(1'900'000'000), core::from_unix_seconds(1'800'000'000)), [] {
        core::FetchResponse answer;
        answer.status = 200;
        answer.body = "garbage";
        return answer;
      }()};
  for (const core::FetchResponse& answer : answers) {
    AdvisedHouse house;
    house.advise = [&] { return answer; };
    auto process = house.start();
    house.pass(1500h, 1h);
    house.pass(30s);
    CHECK(house.authority.issued == 2);
    CHECK(process->shown("app.test")->not_after() > house.clock.wall() + 1000h);
  }
}

TEST_CASE("advice is asked for as often as it says, between a minute and a day") {
  struct Row {
    const char* retry_after;
    std::size_t lowest;
    std::size_t highest;  ///< questions in that time
    core::Duration time;
    core::Duration step;
  };
  for (const Row& row :
       {Row{"1", 160, 242, 4h, 20s}, Row{"21600", 7, 10, 48h, 10min}, Row{"99999999", 2, 3, 48h, 10min}}) {
    CAPTURE(row.retry_after);
    AdvisedHouse house;
    house.advise = [&] {
      return advice_of(core::from_unix_seconds(1'805'000'000), core::from_unix_seconds(1'805'100'000),
                       row.retry_after);
    };
    auto process = house.start();
    house.pass(row.time, row.step);
    CHECK(house.authority.count("GET renewal-info") >= row.lowest);
    CHECK(house.authority.count("GET renewal-info") <= row.highest);
  }
}

TEST_CASE("an authority that has it replaced already gets the order without that") {
  AdvisedHouse house;
  house.refuses_replacing = true;
  auto process = house.start();
  house.pass(1500h, 1h);
  house.pass(30s);
  CHECK(house.authority.issued == 2);
  CHECK(house.replaced.size() == 3);
  CHECK(house.replaced.back().empty());
}

TEST_CASE("advice for many certificates is asked for a few at a time, in one round") {
  AdvisedHouse house;
  house.advise = [&] { return advice_of(house.clock.wall() + 24h * 50, house.clock.wall() + 24h * 51); };
  for (int i = 0; i < 39; ++i) house.add_host("host" + std::to_string(i) + ".test");
  {
    auto process = house.start();
    house.pass(3min);
    REQUIRE(house.authority.issued == 40);
  }
  house.pass(24h, 1h);  // what is stored is to be asked for again
  const std::size_t before = house.authority.count("GET renewal-info");
  house.authorities.slow = "renewal-info";
  auto process = house.start();
  house.pass(15s);
  CHECK(house.authority.count("GET renewal-info") == before + 40);
  CHECK(house.authorities.most_under_way == tls::kParallelAdvice);
}

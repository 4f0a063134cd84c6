#include "tls/issue/schedule.h"

#include <map>
#include <set>

#include "tests/support/doctest.h"

using namespace tls;
using namespace std::chrono_literals;

namespace {

const core::WallTime kNow = core::from_unix_seconds(1'800'000'000);

}  // namespace

TEST_CASE("a certificate is renewed with a third of its life left, half where it lives less than ten days") {
  struct Row {
    core::Duration life;
    core::Duration latest;  ///< after it began
  };
  for (const Row& row :
       {Row{2160h, 1440h}, Row{1080h, 720h}, Row{240h, 160h}, Row{160h, 80h}, Row{2min, 1min}}) {
    for (const std::uint64_t seed : {0ULL, 1ULL, 12345678901234567ULL, ~0ULL}) {
      const auto at = renewal_time({kNow, kNow + row.life}, seed);
      CHECK(at <= kNow + row.latest);
      CHECK(at >= kNow + row.latest - row.life / 20);
    }
  }
}

TEST_CASE("ten thousand certificates of one moment are renewed over days, each always at its own moment") {
  std::map<std::int64_t, int> by_hour;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t seed = seed_of("certificate " + std::to_string(i));
    const auto at = renewal_time({kNow, kNow + 2160h}, seed);
    CHECK(at == renewal_time({kNow, kNow + 2160h}, seed));
    ++by_hour[core::unix_seconds(at) / 3600];
  }
  CHECK(by_hour.size() > 100);
  for (const auto& [hour, count] : by_hour) CHECK(count < 200);
}

TEST_CASE("a certificate with impossible dates is due at once") {
  CHECK(renewal_time({kNow, kNow}, 7) <= kNow);
  CHECK(renewal_time({kNow, kNow - 24h}, 7) <= kNow);
}

TEST_CASE("the back-off grows to a day and never falls, whatever the count of failures") {
  CHECK(back_off(1, 0) == 1min);
  CHECK(back_off(2, 0) == 10min);
  CHECK(back_off(3, 0) == 100min);
  CHECK(back_off(4, 0) == 1000min);
  CHECK(back_off(5, 0) == 24h);
  for (unsigned failures = 0; failures < 5000; ++failures) {
    for (const std::uint64_t random : {0ULL, 1ULL, ~0ULL}) {
      CHECK(back_off(failures, random) >= 1min);
      CHECK(back_off(failures, random) <= 30h);
    }
  }
  CHECK(back_off(~0U, ~0ULL) >= 24h);
}

TEST_CASE("what the authority says is obeyed when it is longer, up to a week") {
  CHECK(back_off(1, 0, core::Duration(2h)) == 2h);
  CHECK(back_off(5, 0, core::Duration(2h)) == 24h);
  CHECK(back_off(1, 0, core::Duration(1000h)) == 168h);
  CHECK(back_off(1, 0, core::Duration(0)) == 1min);
}

TEST_CASE("missed renewals are made up for one after the other, and before their certificates end") {
  const auto pause = [](std::size_t number, std::size_t count, core::Duration left) {
    return missed_pause({number, count}, left, ~0ULL);
  };
  for (std::size_t i = 0; i < kMissedAtOnce; ++i) CHECK(pause(i, 10'000, 24h) == core::Duration::zero());
  CHECK(pause(9'999, 10'000, -1h) == core::Duration::zero());
  // Time enough: at the pace that authorities take. Little time: in the first quarter of it.
  CHECK(pause(99, 100, 720h) >= 99 * kMissedPace);
  CHECK(pause(99, 100, 720h) <= 100 * kMissedPace);
  for (const core::Duration left : {core::Duration(1ms), core::Duration(1min), core::Duration(24h)}) {
    core::Duration last{0};
    for (std::size_t i = 0; i < 10'000; ++i) {
      const core::Duration at = missed_pause({i, 10'000}, left, 0);
      CHECK(at >= last);
      CHECK(at <= left / 4);
      last = at;
    }
  }
}

#include "core/base/metrics.h"

#include <doctest/doctest.h>

#include <array>

namespace {

constexpr std::array<double, 2> kBounds{0.5, 1};

}  // namespace

TEST_CASE("P06: whatever a label's value is, a line stays a line") {
  core::MetricsText out;
  out.family("x_total", "counter", "Help.");
  out.sample({{"route", "a\"b\\c\nd<b>"}, {"method", "GET"}}, std::uint64_t{3});
  out.sample({{"route", "\xff\xc3"}}, 0.25);
  out.sample({}, std::uint64_t{7});
  CHECK(out.take() ==
        "# HELP x_total Help.\n# TYPE x_total counter\n"
        "x_total{route=\"a\\\"b\\\\c\\nd<b>\",method=\"GET\"} 3\n"
        "x_total{route=\"??\"} 0.25\n"
        "x_total 7\n");
}

TEST_CASE("a histogram counts what is at most a bound there, and all in the last bucket") {
  core::Histogram one(kBounds);
  core::Histogram two(kBounds);
  one.note(0.5);
  one.note(0.75);
  two.note(3);
  core::HistogramSum sum;
  one.add_to(sum);
  two.add_to(sum);
  core::MetricsText out;
  out.family("t_seconds", "histogram", "Help.");
  out.histogram({{"a", "b"}}, kBounds, sum);
  CHECK(out.take() ==
        "# HELP t_seconds Help.\n# TYPE t_seconds histogram\n"
        "t_seconds_bucket{a=\"b\",le=\"0.5\"} 1\n"
        "t_seconds_bucket{a=\"b\",le=\"1\"} 2\n"
        "t_seconds_bucket{a=\"b\",le=\"+Inf\"} 3\n"
        "t_seconds_sum{a=\"b\"} 4.25\n"
        "t_seconds_count{a=\"b\"} 3\n");
}

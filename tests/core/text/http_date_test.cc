#include "core/text/http_date.h"

#include <doctest/doctest.h>

namespace {

const core::WallTime kNow = core::from_unix_seconds(1795307286);  // 2026-11-22

std::int64_t seconds_of(std::string_view text) {
  const auto time = core::parse_http_date(text, kNow);
  return time ? core::unix_seconds(*time) : -1;
}

}  // namespace

TEST_CASE("the three forms of a date mean the same") {
  CHECK(seconds_of("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
  CHECK(seconds_of("Sunday, 06-Nov-94 08:49:37 GMT") == 784111777);
  CHECK(seconds_of("Sun Nov  6 08:49:37 1994") == 784111777);
  CHECK(seconds_of("Wed Nov 16 08:49:37 1994") == 784975777);
}

TEST_CASE("a two-digit year is at most 50 years ahead") {
  CHECK(seconds_of("Sunday, 22-Nov-26 00:28:06 GMT") == 1795307286);
  CHECK(core::http_date(*core::parse_http_date("Sunday, 22-Nov-76 00:00:00 GMT", kNow)) ==
        "Sun, 22 Nov 2076 00:00:00 GMT");
  CHECK(core::http_date(*core::parse_http_date("Tuesday, 22-Nov-77 00:00:00 GMT", kNow)) ==
        "Tue, 22 Nov 1977 00:00:00 GMT");
}

TEST_CASE("what is written reads back") {
  for (const std::int64_t seconds : {std::int64_t{0}, std::int64_t{951782399}, std::int64_t{4102444800}}) {
    const std::string text = core::http_date(core::from_unix_seconds(seconds));
    CHECK(text.size() == core::kHttpDateBytes);
    CHECK(seconds_of(text) == seconds);
  }
  CHECK(core::http_date(core::from_unix_seconds(784111777) + std::chrono::milliseconds(999)) ==
        "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("what is no date is refused") {
  for (const std::string_view text :
       {"", "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT",
        "Thu, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov -994 08:49:37 GMT",
        "0", "1795307286", "Sun Nov 6 08:49:37 1994", "Sun, 06 Nov 0000 08:49:37 GMT",
        "Fri, 01 Jan 9999 00:00:00 GMT", "Sun, 06-Nov-94 08:49:37 GMT"}) {
    CAPTURE(text);
    CHECK(seconds_of(text) == -1);
  }
}

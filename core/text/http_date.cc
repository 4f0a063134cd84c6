#include "core/text/http_date.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace core {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Takes parts off the front; after a part that does not fit everything else fails as well.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  void expect(std::string_view literal) {
    if (!rest_.starts_with(literal)) return fail();
    rest_.remove_prefix(literal.size());
  }
  // `pad` may stand for leading zeros (asctime's day).
  int digits(std::size_t count, char pad = '0') {
    if (rest_.size() < count) return fail(), 0;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = rest_[i] == pad && i + 1 < count && value == 0 ? '0' : rest_[i];
      if (c < '0' || c > '9') return fail(), 0;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  template <std::size_t N>
  unsigned one_of(const std::array<std::string_view, N>& names, std::size_t length) {
    for (std::size_t i = 0; i < N; ++i) {
      const std::string_view name = names[i].substr(0, length);
      if (!rest_.starts_with(name)) continue;
      rest_.remove_prefix(name.size());
      return static_cast<unsigned>(i);
    }
    return fail(), 0U;
  }
  [[nodiscard]] bool is_done() const { return !failed_ && rest_.empty(); }

 private:
  void fail() {
    failed_ = true;
    rest_ = {};
  }
  std::string_view rest_;
  bool failed_ = false;
};

struct Parts {
  unsigned weekday = 0;
  int year = 0;
  unsigned month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void scan_clock(Scanner& in, Parts& parts) {
  parts.hour = in.digits(2);
  in.expect(":");
  parts.minute = in.digits(2);
  in.expect(":");
  parts.second = in.digits(2);
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<Parts> scan_fixdate(std::string_view text) {
  Scanner in(text);
  Parts parts;
  parts.weekday = in.one_of(kDays, 3);
  in.expect(", ");
  parts.day = in.digits(2);
  in.expect(" ");
  parts.month = in.one_of(kMonths, 3);
  in.expect(" ");
  parts.year = in.digits(4);
  in.expect(" ");
  scan_clock(in, parts);
  in.expect(" GMT");
  return in.is_done() ? std::optional(parts) : std::nullopt;
}

// "Sunday, 06-Nov-94 08:49:37 GMT": the year is still two digits
std::optional<Parts> scan_rfc850(std::string_view text) {
  Scanner in(text);
  Parts parts;
  parts.weekday = in.one_of(kDays, std::string_view::npos);
  in.expect(", ");
  parts.day = in.digits(2);
  in.expect("-");
  parts.month = in.one_of(kMonths, 3);
  in.expect("-");
  parts.year = in.digits(2);
  in.expect(" ");
  scan_clock(in, parts);
  in.expect(" GMT");
  return in.is_done() ? std::optional(parts) : std::nullopt;
}

// "Sun Nov  6 08:49:37 1994"
std::optional<Parts> scan_asctime(std::string_view text) {
  Scanner in(text);
  Parts parts;
  parts.weekday = in.one_of(kDays, 3);
  in.expect(" ");
  parts.month = in.one_of(kMonths, 3);
  in.expect(" ");
  parts.day = in.digits(2, ' ');
  in.expect(" ");
  scan_clock(in, parts);
  in.expect(" ");
  parts.year = in.digits(4);
  return in.is_done() ? std::optional(parts) : std::nullopt;
}

int year_of(WallTime time) {
  return static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year());
}

std::optional<WallTime> time_of(const Parts& parts) {
  using namespace std::chrono;
  const year_month_day date{year(parts.year), month(parts.month + 1), day(static_cast<unsigned>(parts.day))};
  if (!date.ok() || parts.year < 1 || parts.hour > 23 || parts.minute > 59 || parts.second > 60)
    return std::nullopt;
  const sys_days days_since(date);
  if (weekday(days_since).c_encoding() != parts.weekday) return std::nullopt;
  // Outside what the clock's 64 bits of nanoseconds hold (years 1678 to 2261) arithmetic would overflow.
  if (parts.year < 1700 || parts.year > 2250) return std::nullopt;
  return WallTime(days_since) + hours(parts.hour) + minutes(parts.minute) +
         seconds(std::min(parts.second, 59));
}

}  // namespace

std::string http_date(WallTime time) {
  using namespace std::chrono;
  const auto whole = floor<seconds>(time);
  const auto midnight = floor<days>(whole);
  const year_month_day date(midnight);
  const hh_mm_ss clock(whole - midnight);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[weekday(midnight).c_encoding()].substr(0, 3), static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

Result<WallTime> parse_http_date(std::string_view text, WallTime now) {
  std::optional<Parts> parts = scan_fixdate(text);
  if (!parts) parts = scan_asctime(text);
  if (!parts) {
    parts = scan_rfc850(text);
    if (parts) {
      const int century = year_of(now) / 100 * 100;
      parts->year += century;
      if (parts->year > year_of(now) + 50) parts->year -= 100;
    }
  }
  const std::optional<WallTime> time = parts ? time_of(*parts) : std::nullopt;
  if (!time) return failure(ErrorKind::malformed, Side::client, "not an HTTP date");
  return *time;
}

}  // namespace core

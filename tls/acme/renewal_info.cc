#include "tls/acme/renewal_info.h"

#include <charconv>
#include <chrono>

namespace tls {
namespace {

using core::ErrorKind;
using core::Result;
using core::Side;

std::unexpected<core::Error> malformed(std::string text) {
  return core::failure(ErrorKind::malformed, Side::authority, std::move(text), core::Retry::later);
}

/// The number of exactly `count` digits at the front of `rest`, taken off it.
std::optional<int> take_digits(std::string_view& rest, std::size_t count) {
  if (rest.size() < count) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + count, value);
  if (error != std::errc() || end != rest.data() + count || rest.front() == '-') return std::nullopt;
  rest.remove_prefix(count);
  return value;
}

bool take(std::string_view& rest, char c) {
  if (rest.empty() || rest.front() != c) return false;
  rest.remove_prefix(1);
  return true;
}

/// "Z", "+02:00", "-05:30" as minutes east.
std::optional<int> take_offset(std::string_view& rest) {
  if (take(rest, 'Z') || take(rest, 'z')) return 0;
  const bool is_west = !rest.empty() && rest.front() == '-';
  if (!take(rest, '+') && !take(rest, '-')) return std::nullopt;
  const auto hours = take_digits(rest, 2);
  if (!hours || !take(rest, ':')) return std::nullopt;
  const auto minutes = take_digits(rest, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return (is_west ? -1 : 1) * (*hours * 60 + *minutes);
}

}  // namespace

Result<core::WallTime> parse_timestamp(std::string_view text) {
  const auto wrong = [] { return malformed("expected a time such as 2027-01-02T04:00:00Z"); };
  std::string_view rest = text;
  const auto year = take_digits(rest, 4);
  if (!year || !take(rest, '-')) return wrong();
  const auto month = take_digits(rest, 2);
  if (!month || !take(rest, '-')) return wrong();
  const auto day = take_digits(rest, 2);
  if (!day || !(take(rest, 'T') || take(rest, 't') || take(rest, ' '))) return wrong();
  const auto hour = take_digits(rest, 2);
  if (!hour || !take(rest, ':')) return wrong();
  const auto minute = take_digits(rest, 2);
  if (!minute || !take(rest, ':')) return wrong();
  const auto second = take_digits(rest, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return wrong();
  if (take(rest, '.')) {
    if (!take_digits(rest, 1)) return wrong();
    while (take_digits(rest, 1)) {
    }
  }
  const auto offset = take_offset(rest);
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  // What the clock can hold.
  if (!offset || !rest.empty() || !date.ok() || *year < 1970 || *year > 2250) return wrong();
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return core::from_unix_seconds(days * 86400 + *hour * 3600 + (*minute - *offset) * 60 + *second);
}

Result<RenewalInfo> parse_renewal_info(std::string_view text) {
  const auto json = parse_acme_json(text, "the renewal advice");
  if (!json) return core::failure(json.error());
  const core::Json* window = json->find("suggestedWindow");
  if (window == nullptr) return malformed("the renewal advice has no window");
  const auto start = parse_timestamp(window->string_at("start").value_or(""));
  const auto end = parse_timestamp(window->string_at("end").value_or(""));
  if (!start || !end) return malformed("the renewal advice has a window without times");
  if (*end <= *start) return malformed("the renewal advice has a window that ends before it begins");
  RenewalInfo info;
  info.window_start = *start;
  info.window_end = *end;
  const auto page = core::parse_url(json->string_at("explanationURL").value_or(""), Side::authority);
  if (page && page->scheme == "https") info.explanation = page->text().substr(0, kMaxProblemText);
  return info;
}

core::Flow<RenewalInfo> ask_renewal_info(AcmeClient* client, std::string renewal_id) {
  AcmeDirectory directory = co_await client->directory();
  if (!directory.renewal_info || renewal_id.empty()) {
    co_return core::failure(ErrorKind::unsupported, Side::authority, "no renewal advice");
  }
  std::string text = directory.renewal_info->text();
  if (!text.ends_with('/')) text += '/';
  core::Url url = co_await client->hosts().checked(text + renewal_id);
  AcmeAnswer answer = co_await client->get(std::move(url));
  std::string body = co_await answer.body("the renewal advice");
  RenewalInfo info = co_await parse_renewal_info(body);
  info.ask_again = clamped(answer.retry_after, kAdvicePause);
  co_return std::move(info);
}

}  // namespace tls

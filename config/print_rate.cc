// limits.rate and login.rate, written out as maps.
#include "config/print.h"

namespace config {
namespace {

std::string_view ending_of(std::chrono::seconds period) {
  if (period == std::chrono::seconds(1)) return "/s";
  return period == std::chrono::minutes(1) ? "/m" : "/h";
}

std::string_view text_of(RatePer per) {
  switch (per) {
    case RatePer::address:
      return "address";
    case RatePer::user:
      return "user";
    case RatePer::route:
      return "route";
  }
  return "address";
}

}  // namespace

std::string rate_text(const std::optional<RateLimit>& rate) {
  if (!rate) return "\"off\"";
  std::string text = "{requests: " + std::to_string(rate->requests);
  text.append(ending_of(rate->period)).append(", per: ").append(text_of(rate->per));
  return text + ", burst: " + std::to_string(rate->burst) + "}";
}

}  // namespace config

#include "gateway/model/rate_rule.h"

#include <array>
#include <bit>
#include <cstring>

namespace gateway {
namespace {

// A home or a host has a network of this many bytes and may use any address of it.
constexpr std::size_t kNetworkBytesV6 = 8;

/// Rounded up: never more than was configured.
Pace pace_of(const config::RateLimit& limit) {
  const std::chrono::microseconds period = limit.period;
  const auto requests = static_cast<std::int64_t>(limit.requests);
  Pace pace;
  pace.interval = std::chrono::microseconds((period.count() + requests - 1) / requests);
  pace.tolerance = pace.interval * static_cast<std::int64_t>(limit.burst - 1);
  return pace;
}

std::string_view text_of(config::RatePer per) {
  switch (per) {
    case config::RatePer::address:
      return "address";
    case config::RatePer::user:
      return "user";
    case config::RatePer::route:
      return "route";
  }
  return "address";
}

std::string reason_of(const config::RateLimit& limit) {
  std::string text = "more than " + std::to_string(limit.requests);
  text.append(limit.period == std::chrono::seconds(1) ? "/s" : "");
  text.append(limit.period == std::chrono::minutes(1) ? "/m" : "");
  text.append(limit.period == std::chrono::hours(1) ? "/h" : "");
  return text.append(" per ").append(text_of(limit.per));
}

}  // namespace

RateRule::RateRule(const config::RateLimit& limit, RateAccounts accounts, std::string_view name, Scope scope)
    : limit_(limit),
      accounts_(accounts),
      pace_(pace_of(limit)),
      reason_(reason_of(limit)),
      id_(core::sip_hash(accounts.key, std::string(name) + " " + reason_ + std::to_string(limit.burst))) {
  pace_.is_shared = scope == Scope::replicas;
}

std::chrono::seconds RateRule::count_address(const core::IpAddress& client, core::SteadyTime now) const {
  Parts parts;
  std::memcpy(&parts.first, client.bytes().data(), kNetworkBytesV6);  // IPv4: zeros after the first four
  parts.second = client.is_v4() ? 4 : 6;
  return take(Whose::address, parts, now);
}

std::chrono::seconds RateRule::count_user(const Identity* identity, const core::IpAddress& client,
                                          core::SteadyTime now) const {
  if (identity == nullptr) return count_address(client, now);
  const Parts parts{core::sip_hash(accounts_.key, identity->issuer),
                    core::sip_hash(accounts_.key, identity->subject)};
  return take(Whose::user, parts, now);
}

std::chrono::seconds RateRule::count_route(core::SteadyTime now) const {
  return take(Whose::route, {}, now);
}

std::chrono::seconds RateRule::take(Whose whose, const Parts& parts, core::SteadyTime now) const {
  const std::array<std::uint64_t, 4> words{id_, static_cast<std::uint64_t>(whose), parts.first, parts.second};
  const auto bytes = std::bit_cast<std::array<char, sizeof words>>(words);
  const std::uint64_t key = core::sip_hash(accounts_.key, std::string_view(bytes.data(), bytes.size()));
  return std::chrono::ceil<std::chrono::seconds>(accounts_.table.take(key, pace_, now));
}

}  // namespace gateway

// RateRule: one limits.rate of the configuration, ready to count: whose requests are counted together, and
// what somebody is told who asks too often. The accounts are in the process's RateTable.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "config/types_limits.h"
#include "core/base/clock.h"
#include "core/net/address.h"
#include "gateway/model/identity.h"
#include "gateway/model/rate_table.h"

namespace gateway {

class RateRule {
 public:
  /// Who counts it: this process alone, or all replicas together where they share a storage.
  enum class Scope { process, replicas };

  /// Equal limits of one `name` share their accounts. The table is borrowed.
  RateRule(const config::RateLimit& limit, RateAccounts accounts, std::string_view name,
           Scope scope = Scope::replicas);

  [[nodiscard]] config::RatePer per() const { return limit_.per; }
  /// For the log: "more than 50/s per address".
  [[nodiscard]] const std::string& reason() const { return reason_; }

  // Each counts a request: zero if it passes, else the whole seconds after which one would (Retry-After).
  std::chrono::seconds count_address(const core::IpAddress& client, core::SteadyTime now) const;
  /// Of the person where there is one, of the address where not.
  std::chrono::seconds count_user(const Identity* identity, const core::IpAddress& client,
                                  core::SteadyTime now) const;
  std::chrono::seconds count_route(core::SteadyTime now) const;

 private:
  enum class Whose : std::uint64_t { address, user, route };
  struct Parts {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
  };
  [[nodiscard]] std::chrono::seconds take(Whose whose, const Parts& parts, core::SteadyTime now) const;

  config::RateLimit limit_;
  RateAccounts accounts_;
  Pace pace_;
  std::string reason_;
  std::uint64_t id_;
};

}  // namespace gateway

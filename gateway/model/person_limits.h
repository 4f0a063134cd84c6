// How often one person may sign in, and be refused: login.sign_in_rate and login.denied_rate. Counted for all
// workers, and all replicas that share a storage, together: in the process's RateTable.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "config/types_access.h"
#include "core/loop/loop.h"
#include "gateway/model/identity.h"
#include "gateway/model/rate_rule.h"
#include "gateway/model/rate_table.h"

namespace gateway {

/// One worker's.
class PersonLimits {
 public:
  /// All borrowed; `loop` is the worker's.
  PersonLimits(const config::Login& settings, const RateAccounts& accounts, const core::Loop& loop);

  // Each counts one: zero if it is within its limit, else the whole seconds after which one would be.
  [[nodiscard]] std::chrono::seconds count_sign_in(const Identity& who) const;
  [[nodiscard]] std::chrono::seconds count_denied(const Identity& who) const;
  // Whether it is to be said that this person is over it: once a minute.
  [[nodiscard]] bool is_news_of_sign_ins(const Identity& who) const;
  [[nodiscard]] bool is_news_of_denials(const Identity& who) const;

 private:
  [[nodiscard]] std::chrono::seconds count(const std::optional<RateRule>& rule, const Identity& who) const;

  const core::Loop& loop_;
  std::optional<RateRule> sign_ins_;  // none: no limit
  std::optional<RateRule> denied_;    // the same
  std::optional<RateRule> sign_ins_told_;
  std::optional<RateRule> denied_told_;
};

}  // namespace gateway

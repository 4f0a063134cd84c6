#include "gateway/model/person_limits.h"

namespace gateway {

PersonLimits::PersonLimits(const config::Login& settings, const RateAccounts& accounts,
                           const core::Loop& loop)
    : loop_(loop) {
  if (settings.sign_in_rate) sign_ins_.emplace(*settings.sign_in_rate, accounts, "sign-ins of a person");
  if (settings.denied_rate) denied_.emplace(*settings.denied_rate, accounts, "refusals of a person");
  const config::RateLimit once{1, std::chrono::minutes(1), 1, config::RatePer::user};
  sign_ins_told_.emplace(once, accounts, "told of sign-ins of a person", RateRule::Scope::process);
  denied_told_.emplace(once, accounts, "told of refusals of a person", RateRule::Scope::process);
}

std::chrono::seconds PersonLimits::count(const std::optional<RateRule>& rule, const Identity& who) const {
  return rule ? rule->count_user(&who, core::IpAddress(), loop_.now()) : std::chrono::seconds::zero();
}

std::chrono::seconds PersonLimits::count_sign_in(const Identity& who) const {
  return count(sign_ins_, who);
}

std::chrono::seconds PersonLimits::count_denied(const Identity& who) const {
  return count(denied_, who);
}

bool PersonLimits::is_news_of_sign_ins(const Identity& who) const {
  return count(sign_ins_told_, who) == std::chrono::seconds::zero();
}

bool PersonLimits::is_news_of_denials(const Identity& who) const {
  return count(denied_told_, who) == std::chrono::seconds::zero();
}

}  // namespace gateway

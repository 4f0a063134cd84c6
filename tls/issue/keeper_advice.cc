// When the authority wants certificates renewed (RFC 9773): asked in turn, a few at a time, however many
// there are.
#include <fmt/format.h>

#include <algorithm>

#include "tls/acme/renewal_info.h"
#include "tls/issue/keeper.h"
#include "tls/issue/keeper_sets.h"
#include "tls/x509_names.h"

namespace tls {
namespace {

using core::Flow;
using core::Result;

/// Advice that could not be had is asked for again after this long.
constexpr core::Duration kAdviceBackOff = std::chrono::hours(6);

std::string names_text(const NameSet& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Keeper::Authority* Keeper::authority_of(const std::string& directory) {
  const auto found =
      std::ranges::find(authorities_, directory, [](const auto& one) { return one->directory; });
  return found == authorities_.end() ? nullptr : found->get();
}

/// A clock that was set back must not stop the questions for longer than any pause between them lasts.
bool Keeper::needs_advice(const Watched& set) const {
  const bool is_asked_about = set.certificate != nullptr && set.is_wanted && !set.is_asking && !set.is_busy;
  if (!is_asked_about || parts_.loop.now() < set.not_before || is_due(set)) return false;
  return !set.advice || now() >= set.advice->ask_again ||
         set.advice->ask_again > now() + kAdvicePause.highest;
}

/// Each set is looked at once a round, so that a round costs no more than there are sets.
Keeper::Watched* Keeper::next_to_ask() {
  while (asked_ < sets_.size() && !begins_nothing_) {
    Watched* set = sets_[asked_++].get();
    if (needs_advice(*set)) return set;
  }
  return nullptr;
}

/// Begins the next round when the one before has ended.
void Keeper::start_asking() {
  if (askers_ > 0) return;
  asked_ = 0;
  const auto is_waiting = [this](const auto& set) { return needs_advice(*set); };
  const auto waiting = static_cast<std::size_t>(std::ranges::count_if(sets_, is_waiting));
  for (std::size_t i = 0; i < std::min(waiting, kParallelAdvice); ++i) {
    ++askers_;
    tasks_.start("asking when to renew", ask_in_turn());
  }
}

Flow<> Keeper::ask_in_turn() {
  bool is_asking = true;
  const Busy asker(is_asking, &askers_);
  while (Watched* set = next_to_ask()) {
    set->is_asking = true;
    Result<core::Done> asked = co_await attempt(ask_advice(set));
    if (asked) continue;
    // Not at every look: storage is away.
    set->not_before = parts_.loop.now() + kStorageBackOff;
    parts_.log.warn("when to renew a certificate cannot be written down",
                    {{"names", names_text(set->names)}, {"why", asked.error().text}});
  }
  co_return core::done();
}

/// Never blocks a renewal: whatever goes wrong, the lifetime decides.
Flow<> Keeper::ask_advice(Watched* set) {
  const Busy asking(set->is_asking, nullptr);
  Advice advice = set->advice.value_or(Advice());
  advice.renewal_id = set->renewal_id;
  advice.ask_again = now() + kAdviceBackOff;
  Authority* authority = authority_of(set->directory);
  if (!set->advice) advice.chosen = set->certificate->not_after();
  if (authority != nullptr && set->certificate->not_after() > now()) {
    Result<RenewalInfo> info = co_await attempt(ask_renewal_info(&authority->client, set->renewal_id));
    if (advice.renewal_id != set->renewal_id) co_return core::done();  // renewed meanwhile
    if (info) {
      const bool is_same = advice.window_start == info->window_start && advice.window_end == info->window_end;
      const auto width =
          std::chrono::duration_cast<core::Duration>(info->window_end - info->window_start).count();
      const core::Duration offset{
          static_cast<core::Duration::rep>(parts_.random.below(static_cast<std::uint64_t>(width) + 1))};
      if (!is_same) {
        const Lifetime lifetime{set->certificate->not_before(), set->certificate->not_after()};
        advice.chosen = std::max(info->window_start + offset, earliest_renewal(lifetime));
        parts_.log.info("the authority says when to renew", {{"names", names_text(set->names)},
                                                             {"renewal", date_text(advice.chosen)},
                                                             {"explanation", info->explanation}});
      }
      advice.window_start = info->window_start;
      advice.window_end = info->window_end;
      advice.ask_again = now() + info->ask_again;
    }
  }
  set->advice = advice;
  co_await store_.save(set->id, advice);
  co_return core::done();
}

}  // namespace tls

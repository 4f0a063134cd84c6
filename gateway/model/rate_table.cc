#include "gateway/model/rate_table.h"

#include <algorithm>
#include <bit>

namespace gateway {
namespace {

// An account: label | moment. Zero: none.
//   label   kLabelBits: the order of the pace's window, and 15 bits of the key
//   moment  44 bits: microseconds, which go round in 203 days
constexpr unsigned kMomentBits = 44;
constexpr std::uint64_t kMomentMask = (1ULL << kMomentBits) - 1;
constexpr unsigned kKeyBits = 15;

/// Workers read the clock once a turn: their moments may differ by as long as a turn lasts.
constexpr std::chrono::seconds kSlack{60};

constexpr std::chrono::microseconds kWindowUnit{100};

constexpr std::uint64_t count_of(std::chrono::microseconds time) {
  return static_cast<std::uint64_t>(time.count());
}

std::uint64_t order_of(std::uint64_t account) {
  return account >> (kMomentBits + kKeyBits);
}

/// What is further ahead than `most` lies behind: an account that was not touched for months.
std::uint64_t debt_of(std::uint64_t account, std::uint64_t now, std::uint64_t most) {
  const std::uint64_t ahead = (account - now) & kMomentMask;
  return account == 0 || ahead > most ? 0 : ahead;
}

std::uint64_t label_of(std::uint64_t key, const Pace& pace) {
  const auto order = static_cast<std::uint64_t>(std::bit_width(count_of(pace.tolerance + pace.interval)) / 2);
  return order << kKeyBits | key >> (64 - kKeyBits);
}

struct Place {
  std::size_t way = 0;
  std::uint64_t account = 0;  ///< what stood there
  std::uint64_t debt = 0;     ///< that a request there begins with
};

template <typename Accounts>
Place find_place(const Accounts& accounts, std::uint64_t label, std::uint64_t most, std::uint64_t now) {
  constexpr std::uint64_t kMost = count_of(RateTable::kLongest);
  Place least;
  std::uint64_t least_debt = kMost + 1;
  for (std::size_t way = 0; way < accounts.size(); ++way) {
    const std::uint64_t account = accounts[way].load(std::memory_order_relaxed);
    if (account >> kMomentBits == label) return {way, account, debt_of(account, now, most)};
    const std::uint64_t debt = debt_of(account, now, kMost);
    if (debt >= least_debt) continue;
    least_debt = debt;
    const bool is_of_same_order = order_of(account) == label >> kKeyBits;
    least = {way, account, is_of_same_order ? debt_of(account, now, most) : 0};
  }
  return least;
}

std::uint64_t moment_of(core::SteadyTime now) {
  return count_of(std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()));
}

/// Of two debts, which takes more of its window: amounts are at most hours, so nothing overflows.
bool weighs_more(const RateDebt& a, const RateDebt& b) {
  return static_cast<double>(a.amount.count()) * static_cast<double>(b.window.count()) >
         static_cast<double>(b.amount.count()) * static_cast<double>(a.window.count());
}

bool is_possible(const RateDebt& debt) {
  return debt.set < RateTable::kSets && debt.label >> RateTable::kLabelBits == 0 && debt.window.count() > 0 &&
         debt.window <= RateTable::kLongest && debt.amount.count() > 0;
}

}  // namespace

RateTable::RateTable(Sharing sharing) : sets_(kSets), charged_(sharing == Sharing::on ? kSets : 0) {}

std::chrono::microseconds RateTable::take(std::uint64_t key, const Pace& pace, core::SteadyTime now) {
  const std::size_t set = key % kSets;
  auto& accounts = sets_[set].accounts;
  const std::uint64_t label = label_of(key, pace);
  const std::uint64_t most = count_of(pace.tolerance + pace.interval + kSlack);
  const std::uint64_t moment = moment_of(now);
  for (;;) {
    Place place = find_place(accounts, label, most, moment);
    if (place.debt > count_of(pace.tolerance)) {
      return std::chrono::microseconds(place.debt - count_of(pace.tolerance));
    }
    const std::uint64_t paid = (moment + place.debt + count_of(pace.interval)) & kMomentMask;
    const bool is_new = place.account >> kMomentBits != label;
    if (accounts[place.way].compare_exchange_weak(place.account, label << kMomentBits | paid,
                                                  std::memory_order_relaxed)) {
      if (!charged_.empty()) note_charge(set, place.way, pace, is_new);
      return std::chrono::microseconds::zero();
    }
  }
}

/// Two threads may do this at once, as another takes the place: then what is told is of one of them.
void RateTable::note_charge(std::size_t set, std::size_t way, const Pace& pace, bool is_new) {
  Charged& charged = charged_[set];
  if (is_new) charged.amounts[way].store(0, std::memory_order_relaxed);
  if (!pace.is_shared) return;
  const auto window = std::max<std::int64_t>((pace.tolerance + pace.interval) / kWindowUnit, 1);
  charged.windows[way].store(static_cast<std::uint32_t>(window), std::memory_order_relaxed);
  charged.amounts[way].fetch_add(count_of(pace.interval), std::memory_order_relaxed);
}

RateDebts RateTable::collect(std::chrono::microseconds least) {
  RateDebts collected;
  std::vector<RateDebt>& debts = collected.debts;
  for (std::size_t set = 0; set < charged_.size(); ++set) {
    for (std::size_t way = 0; way < kWays; ++way) {
      std::atomic<std::uint64_t>& amount = charged_[set].amounts[way];
      if (amount.load(std::memory_order_relaxed) == 0) continue;
      const std::chrono::microseconds charged(amount.exchange(0, std::memory_order_relaxed));
      if (charged < least) continue;
      const std::uint64_t account = sets_[set].accounts[way].load(std::memory_order_relaxed);
      const std::uint32_t window = charged_[set].windows[way].load(std::memory_order_relaxed);
      debts.push_back({static_cast<std::uint32_t>(set), static_cast<std::uint32_t>(account >> kMomentBits),
                       window * kWindowUnit, charged});
    }
  }
  if (debts.size() <= kMostDebts) return collected;
  collected.dropped = debts.size() - kMostDebts;
  std::nth_element(debts.begin(), debts.begin() + kMostDebts, debts.end(), weighs_more);
  debts.resize(kMostDebts);
  return collected;
}

void RateTable::owe(std::span<const RateDebt> debts, core::SteadyTime now) {
  const std::uint64_t moment = moment_of(now);
  for (const RateDebt& debt : debts) {
    if (!is_possible(debt)) continue;
    auto& accounts = sets_[debt.set].accounts;
    const std::uint64_t most = count_of(debt.window + kSlack);
    for (bool is_charged = false; !is_charged;) {
      Place place = find_place(accounts, debt.label, most, moment);
      // Each alone first: a sum of what a peer says could go round.
      const std::uint64_t owed = std::min(place.debt + std::min(count_of(debt.amount), most), most);
      const std::uint64_t paid = (moment + owed) & kMomentMask;
      const bool is_new = place.account >> kMomentBits != debt.label;
      is_charged = accounts[place.way].compare_exchange_weak(
          place.account, std::uint64_t{debt.label} << kMomentBits | paid, std::memory_order_relaxed);
      if (is_charged && is_new && !charged_.empty())
        charged_[debt.set].amounts[place.way].store(0, std::memory_order_relaxed);
    }
  }
}

}  // namespace gateway

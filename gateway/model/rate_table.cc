#include "gateway/model/rate_table.h"

#include <algorithm>
#include <bit>

namespace gateway {
namespace {

// An account: label | moment. Zero: none.
//   label   20 bits: the order of the pace's window, and 15 bits of the key
//   moment  44 bits: microseconds, which go round in 203 days
constexpr unsigned kMomentBits = 44;
constexpr std::uint64_t kMomentMask = (1ULL << kMomentBits) - 1;
constexpr unsigned kKeyBits = 15;

/// Workers read the clock once a turn: their moments may differ by as long as a turn lasts.
constexpr std::chrono::seconds kSlack{60};

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

}  // namespace

RateTable::RateTable(core::Random& random)
    : key_{random.number(), random.number()}, sets_(kAccounts / kWays) {}

std::chrono::microseconds RateTable::take(std::uint64_t key, const Pace& pace, core::SteadyTime now) {
  auto& accounts = sets_[key % sets_.size()].accounts;
  const std::uint64_t label = label_of(key, pace);
  const std::uint64_t most = count_of(pace.tolerance + pace.interval + kSlack);
  const std::uint64_t moment =
      count_of(std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()));
  for (;;) {
    Place place = find_place(accounts, label, most, moment);
    if (place.debt > count_of(pace.tolerance)) {
      return std::chrono::microseconds(place.debt - count_of(pace.tolerance));
    }
    const std::uint64_t paid = (moment + place.debt + count_of(pace.interval)) & kMomentMask;
    if (accounts[place.way].compare_exchange_weak(place.account, label << kMomentBits | paid,
                                                  std::memory_order_relaxed)) {
      return std::chrono::microseconds::zero();
    }
  }
}

}  // namespace gateway

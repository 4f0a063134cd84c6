// What one replica tells the others of its rates: what it let through in its last rounds, as bytes for a
// seal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "gateway/model/rate_table.h"

namespace gateway {

/// More than one, so that who reads late, or could not write for a while, leaves out none.
inline constexpr std::size_t kMostRateRounds = 4;

struct RateRound {
  std::int64_t number = 0;  ///< rises
  std::vector<RateDebt> debts;
};

struct RateNews {
  std::uint64_t key_id = 0;       ///< RateKey::id
  std::vector<RateRound> rounds;  ///< at most kMostRateRounds
};

std::string encode_rate_news(const RateNews& news);
/// Refuses what encode_rate_news does not write; the numbers of a debt may be any (RateTable::owe).
core::Result<RateNews> decode_rate_news(std::string_view bytes);

}  // namespace gateway

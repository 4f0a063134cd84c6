// What other replicas tell of rates: whatever is read is written the same, and harms no table.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/check.h"
#include "gateway/run/rate_news.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static gateway::RateTable table(gateway::RateTable::Sharing::on);
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto news = gateway::decode_rate_news(text);
  if (!news) return 0;
  CHECK(gateway::encode_rate_news(*news) == text);
  for (const gateway::RateRound& round : news->rounds)
    table.owe(round.debts, core::SteadyTime(std::chrono::hours(1)));
  return 0;
}

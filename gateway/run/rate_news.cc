#include "gateway/run/rate_news.h"

#include "gateway/session/record.h"

namespace gateway {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr unsigned kLabelBits = 32;
constexpr std::uint64_t kLabelMask = (1ULL << kLabelBits) - 1;

}  // namespace

std::string encode_rate_news(const RateNews& news) {
  RecordWriter out(RecordKind::rate_news, kVersion);
  out.number(static_cast<std::int64_t>(news.key_id));
  out.number(static_cast<std::int64_t>(news.rounds.size()));
  for (const RateRound& round : news.rounds) {
    out.number(round.number).number(static_cast<std::int64_t>(round.debts.size()));
    for (const RateDebt& debt : round.debts) {
      out.number(static_cast<std::int64_t>(std::uint64_t{debt.set} << kLabelBits | debt.label));
      out.number(debt.window.count()).number(debt.amount.count());
    }
  }
  return out.bytes();
}

core::Result<RateNews> decode_rate_news(std::string_view bytes) {
  RecordReader in(bytes, RecordKind::rate_news, kVersion);
  RateNews news;
  news.key_id = static_cast<std::uint64_t>(in.number());
  for (std::size_t rounds = in.count(kMostRateRounds); rounds > 0; --rounds) {
    RateRound& round = news.rounds.emplace_back();
    round.number = in.number();
    for (std::size_t debts = in.count(RateTable::kMostDebts); debts > 0; --debts) {
      const auto place = static_cast<std::uint64_t>(in.number());
      RateDebt& debt = round.debts.emplace_back();
      debt.set = static_cast<std::uint32_t>(place >> kLabelBits);
      debt.label = static_cast<std::uint32_t>(place & kLabelMask);
      debt.window = std::chrono::microseconds(in.number());
      debt.amount = std::chrono::microseconds(in.number());
    }
  }
  if (in.is_complete()) return news;
  return core::failure(core::ErrorKind::malformed, core::Side::storage, "is no news of rates");
}

}  // namespace gateway

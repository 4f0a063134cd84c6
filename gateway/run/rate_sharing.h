// Rates that replicas count together: each tells the others, by the storage that they share, what it has let
// through, and charges its own accounts with what they have. Nobody waits for it: between two rounds, and
// while storage is away, each goes by what it knows. So a limit is kept on average, and by the burst of each
// replica at most exceeded at once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/types_storage.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/metrics.h"
#include "core/crypto/random.h"
#include "core/crypto/seal.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"
#include "gateway/model/rate_table.h"
#include "gateway/run/rate_news.h"
#include "gateway/run/replica_list.h"

namespace gateway {

struct RateSharingCounts {
  core::Counter rounds_succeeded;
  core::Counter rounds_failed;
  core::Counter told;      ///< debts
  core::Counter heard;     ///< the same, of all others
  core::Counter dropped;   ///< RateDebts::dropped
  std::size_t others = 0;  ///< replicas that were heard in the last round
};

/// All are borrowed.
struct RateSharingParts {
  core::Loop& loop;  ///< control's
  core::Storage& storage;
  core::Random& random;
  const core::Log& log;
  RateTable& table;
  core::Duration interval;  ///< between two rounds
};

/// How often replicas tell each other, by what it costs; none: no other process shares such a storage, or not
/// for this.
std::optional<core::Duration> rate_sharing_interval(config::StorageKind kind);

/// On control's loop.
class RateSharing {
 public:
  explicit RateSharing(const RateSharingParts& parts);

  /// Begins, with the keys of sessions; once.
  void start(const core::KeyRing& keys);
  /// Other keys, from now on.
  void use(const core::KeyRing& keys);
  [[nodiscard]] const RateSharingCounts& counts() const { return counts_; }

 private:
  core::Flow<> round();
  core::Flow<> tell();
  core::Flow<> look();
  core::Flow<> hear(std::string id);
  void collect();
  void charge(const std::string& id, const RateNews& news);
  void end_round(const core::Result<core::Done>& outcome);
  [[nodiscard]] std::string sealed_news(const std::string& key);

  RateSharingParts parts_;
  ReplicaList replicas_;
  std::optional<core::Sealer> sealer_;  // none: start() was not called yet
  RateNews own_;                        // of the last rounds
  std::int64_t rounds_ = 0;
  core::SteadyTime told_at_{};
  bool has_news_ = true;  // the first entry says that this one is there
  std::vector<std::string> others_;
  std::set<std::string> gone_;
  std::map<std::string, std::int64_t> heard_;  // the last round of each
  RateSharingCounts counts_;
  bool is_alone_ = false;  // the last round failed
  core::Timer timer_;
  core::RunningFlow<> running_;
};

}  // namespace gateway

// /metrics: what workers have counted, added up, and what control knows of origins, certificates, reloads and
// the process itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/storage/counted_storage.h"
#include "gateway/model/act_ledger.h"
#include "gateway/model/traffic.h"
#include "gateway/run/generation.h"
#include "gateway/run/rate_sharing.h"

namespace gateway {

/// How reading the file again went so far.
struct ReloadCounts {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  bool last_succeeded = true;  ///< the start counts as one that went well
  core::WallTime last_success;
  std::string last_error;  ///< of the last one that failed
};

struct MetricsParts {
  const std::vector<const Traffic*>& workers;
  const Generation& generation;
  const ReloadCounts& reloads;
  core::WallTime started;
  const ActLedger& ledger;
  const core::StorageCounts& storage;
  const SpanCounts& spans;
  bool is_ready = true;
  const RateSharingCounts* rates = nullptr;  ///< null: not shared
};

/// On control's loop.
std::string metrics_page(const MetricsParts& parts);

}  // namespace gateway

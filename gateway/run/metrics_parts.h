// The parts of /metrics that are not about requests. Each appends whole families.
#pragma once

#include <string_view>

#include "core/base/clock.h"
#include "core/base/metrics.h"
#include "core/storage/counted_storage.h"
#include "gateway/model/act_ledger.h"

namespace gateway {

inline constexpr std::string_view kCounter = "counter";
inline constexpr std::string_view kGauge = "gauge";

/// Sign-ins, ended sessions, and everything that the audit noted; names nobody.
void add_acts(core::MetricsText& out, const ActCounts& counts);
void add_storage(core::MetricsText& out, const core::StorageCounts& counts);
/// The process, by the names and meanings that all clients of Prometheus share; and what its heap is made of.
void add_process(core::MetricsText& out, core::WallTime started);

}  // namespace gateway

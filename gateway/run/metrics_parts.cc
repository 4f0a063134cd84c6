#include "gateway/run/metrics_parts.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <utility>

namespace gateway {
namespace {

using core::MetricsText;

double seconds_of(core::WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::uint64_t open_descriptors() {
  std::error_code failed;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator each("/proc/self/fd", failed), end; !failed && each != end;
       each.increment(failed)) {
    ++count;
  }
  return count;
}

/// Memory that malloc has from the system, and how much of that is handed out.
void add_heap(MetricsText& out) {
  const struct mallinfo2 heap = mallinfo2();
  out.family("gateway_heap_bytes", kGauge, "What malloc has of the system, by whether it is handed out.");
  out.sample({{"state", "used"}}, std::uint64_t{heap.uordblks + heap.hblkhd});
  out.sample({{"state", "free"}}, std::uint64_t{heap.fordblks});
}

}  // namespace

void add_acts(MetricsText& out, const ActCounts& counts) {
  out.family("gateway_sign_ins_total", kCounter, "Sign-ins that ended, by provider and outcome.");
  for (const auto& [key, count] : counts.sign_ins)
    out.sample({{"provider", key.first}, {"outcome", key.second}}, count);
  const auto count_of = [&counts](AuditAct act) { return counts.acts[static_cast<std::size_t>(act)]; };
  out.family("gateway_session_ends_total", kCounter, "Times that sessions were ended before their time.");
  out.sample({{"by", "person"}}, count_of(AuditAct::sign_out));
  out.sample({{"by", "provider"}}, count_of(AuditAct::provider_logout));
  out.sample({{"by", "operator"}}, count_of(AuditAct::sessions_revoked));
  out.family("gateway_audit_events_total", kCounter, "What the audit log noted.");
  for (std::size_t i = 0; i < counts.acts.size(); ++i)
    out.sample({{"act", name_of(static_cast<AuditAct>(i))}}, counts.acts[i]);
}

void add_storage(MetricsText& out, const core::StorageCounts& counts) {
  out.family("gateway_storage_operations_total", kCounter, "What was asked of storage.");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto operation = core::kStorageOperations[i];
    out.sample({{"operation", operation}, {"result", "ok"}}, counts[i].succeeded.value());
    out.sample({{"operation", operation}, {"result", "failed"}}, counts[i].failed.value());
  }
  out.family("gateway_storage_operation_duration_seconds", "histogram", "How long it took.");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    core::HistogramSum sum;
    counts[i].durations.add_to(sum);
    out.histogram({{"operation", core::kStorageOperations[i]}}, core::kStorageBounds, sum);
  }
}

void add_process(MetricsText& out, core::WallTime started) {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  out.family("process_cpu_seconds_total", kCounter, "CPU time of user and system, in seconds.");
  out.sample({}, seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
  std::uint64_t virtual_pages = 0;
  std::uint64_t resident_pages = 0;
  std::ifstream("/proc/self/statm") >> virtual_pages >> resident_pages;
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  out.family("process_resident_memory_bytes", kGauge, "Resident memory.");
  out.sample({}, resident_pages * page);
  out.family("process_virtual_memory_bytes", kGauge, "Virtual memory.");
  out.sample({}, virtual_pages * page);
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  out.family("process_open_fds", kGauge, "Open file descriptors.");
  out.sample({}, open_descriptors());
  out.family("process_max_fds", kGauge, "How many there may be.");
  out.sample({}, std::uint64_t{descriptors.rlim_cur});
  out.family("process_start_time_seconds", kGauge, "When the process started, Unix time.");
  out.sample({}, seconds_of(started));
  add_heap(out);
}

}  // namespace gateway

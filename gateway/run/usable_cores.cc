// How many event loops a machine is good for: the cores this process may run on, cut down to its cgroup's CPU
// quota.
#include <sched.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "gateway/run/server.h"

namespace gateway {
namespace {

/// CPUs that the quota amounts to, rounded up; 0: no quota. cgroup v2, then v1.
unsigned quota_cores() {
  long quota = -1;
  long period = 0;
  if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2) {
    std::string first;
    v2 >> first >> period;
    if (first == "max" || !v2) return 0;
    quota = std::atol(first.c_str());
  } else {
    std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") >> quota;
    std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_period_us") >> period;
  }
  if (quota <= 0 || period <= 0) return 0;
  return static_cast<unsigned>((quota + period - 1) / period);
}

}  // namespace

unsigned usable_cores() {
  cpu_set_t affinity;
  CPU_ZERO(&affinity);
  unsigned cores = 1;
  if (sched_getaffinity(0, sizeof affinity, &affinity) == 0)
    cores = static_cast<unsigned>(CPU_COUNT(&affinity));
  const unsigned quota = quota_cores();
  if (quota != 0) cores = std::min(cores, quota);
  return std::max(1U, cores);
}

}  // namespace gateway

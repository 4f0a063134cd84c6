#include "gateway/run/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace gateway {
namespace {

// Standard streams, logs, files that are read now and then, control's loop and its connections to providers.
constexpr std::size_t kOfProcess = 64;
// A loop (epoll, wake-up, timer), questions to name servers, connections to providers.
constexpr std::size_t kOfWorker = 16;

std::size_t fixed_use(const DescriptorUse& use) {
  return kOfProcess + use.workers * kOfWorker + use.listening_sockets;
}

}  // namespace

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  rlimit raised = limit;
  raised.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

std::size_t automatic_connections(std::size_t limit, const DescriptorUse& use) {
  const std::size_t kept = std::max(limit / 10, fixed_use(use));
  const std::size_t left = limit > kept ? limit - kept : 0;
  return std::clamp(left / 2, kLeastConnections, kMostAutomaticConnections);
}

std::size_t descriptors_for(std::size_t connections, const DescriptorUse& use) {
  return 2 * connections + fixed_use(use);
}

}  // namespace gateway

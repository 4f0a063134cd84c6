#include "gateway/upstream/health_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/loop/wait.h"

namespace gateway {
namespace {

constexpr core::Duration kLongestStart{1'000};
constexpr core::Duration kBusyPause{50};
// Only the status matters.
constexpr std::size_t kMostBodyBytes = 64UL * 1024;

/// One request under way, counted.
class Running {
 public:
  explicit Running(std::size_t& count) : count_(count) { ++count_; }
  ~Running() { --count_; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  std::size_t& count_;
};

/// Why it does not pass; empty if it does.
std::string fault_of(const core::Result<core::FetchResponse>& answer) {
  // A page that is too long is an answer all the same.
  if (!answer) return answer.error().kind == core::ErrorKind::too_large ? "" : answer.error().text;
  return answer->status < 400 ? "" : fmt::format("status {}", answer->status);
}

}  // namespace

HealthCheck::HealthCheck(const CheckServices& services, Target target, OnChange on_change)
    : services_(services),
      target_(std::move(target)),
      on_change_(std::move(on_change)),
      is_up_(target_.is_up) {}

void HealthCheck::start() {
  running_.start(check_for_ever(), [](const core::Result<core::Done>&) {});
}

core::Flow<> HealthCheck::check_for_ever() {
  const core::Duration most = std::min(kLongestStart, target_.settings.interval);
  const auto first = std::chrono::duration_cast<core::Duration>(most * services_.dice.fraction());
  co_await core::sleep_for(services_.loop, first);
  for (;;) {
    while (services_.running >= kMostAtOnce) {
      co_await core::sleep_for(services_.loop, kBusyPause);
    }
    const core::Result<core::FetchResponse> answer = co_await core::attempt(ask());
    note(answer);
    co_await core::sleep_for(services_.loop, pause());
  }
}

/// Within a tenth of the interval, so that replicas and origins do not fall into step.
core::Duration HealthCheck::pause() const {
  const double factor = 0.95 + services_.dice.fraction() / 10;
  return std::chrono::duration_cast<core::Duration>(target_.settings.interval * factor);
}

core::Flow<core::FetchResponse> HealthCheck::ask() {
  const Running running(services_.running);
  core::FetchRequest request;
  request.url = co_await core::parse_url(target_.scheme + "://" + target_.host + target_.settings.path);
  core::Url reached_at;
  reached_at.scheme = target_.scheme;
  const bool is_v6 = target_.place.where.host.find(':') != std::string::npos;
  reached_at.authority.host = is_v6 ? "[" + target_.place.where.host + "]" : target_.place.where.host;
  reached_at.authority.port = target_.place.where.port;
  request.reached_at = std::move(reached_at);
  request.unix_path = target_.place.where.unix_path;
  request.greeting = target_.greeting;
  const core::HostPort& where = target_.place.where;
  request.certificate_name = where.certificate_name.empty() ? where.host : where.certificate_name;
  request.fields.emplace_back("User-Agent", "gateway-health-check");
  core::FetchLimits limits;
  limits.body_bytes = kMostBodyBytes;
  limits.total = target_.settings.timeout;
  core::FetchResponse response = co_await target_.client->fetch(std::move(request), limits);
  co_return response;
}

void HealthCheck::note(const core::Result<core::FetchResponse>& answer) {
  const std::string fault = fault_of(answer);
  const bool passes = fault.empty();
  const bool decides_alone = std::exchange(is_first_, false);
  if (passes == is_up_) {
    against_ = 0;
    return;
  }
  const unsigned needed = passes ? target_.settings.healthy : target_.settings.unhealthy;
  if (++against_ < needed && !decides_alone) return;
  against_ = 0;
  is_up_ = passes;
  on_change_(is_up_, fault);
}

}  // namespace gateway

#include "gateway/run/balancers.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gateway {
namespace {

/// One misconfigured balancer fails with every connection.
constexpr core::Duration kToldEvery = std::chrono::seconds(10);

}  // namespace

Balancers::Balancers(core::Loop& loop, const core::Log& log, const config::ProxyProtocol& rule,
                     core::Duration header_time)
    : loop_(loop), log_(log), rule_(rule), header_time_(header_time) {}

bool Balancers::include(const core::IpAddress& peer, const core::Endpoint& local) const {
  const auto is_local = [&local](const config::ListenAddress& address) {
    return address.port == local.port && (!address.ip || *address.ip == local.ip);
  };
  if (std::ranges::any_of(rule_.except, is_local)) return false;
  return std::ranges::any_of(rule_.from,
                             [&peer](const core::Network& network) { return network.contains(peer); });
}

core::Flow<core::ProxiedStream> Balancers::take_header(std::unique_ptr<core::ByteStream> stream) {
  const bool is_required = rule_.mode == config::ProxyProtocolMode::required;
  return core::take_proxy_header(
      loop_, std::move(stream),
      is_required ? core::ProxyHeaderNeed::required : core::ProxyHeaderNeed::optional,
      core::Deadline::after(loop_, header_time_));
}

void Balancers::on_failure(const core::Endpoint& peer, const core::Error& error) {
  if (error.kind != core::ErrorKind::malformed) return;
  ++untold_;
  if (told_ && loop_.now() - *told_ < kToldEvery) return;
  log_.warn("connections of a balancer were closed",
            {{"peer", peer.text()}, {"reason", error.text}, {"count", std::exchange(untold_, 0)}});
  told_ = loop_.now();
}

}  // namespace gateway

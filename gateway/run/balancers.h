// The balancers in front of this gateway (listen.proxy_protocol): whose PROXY header is believed, how it is
// taken off, and what is said when one is bad. Borrowed by connections; one a worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "config/types.h"
#include "core/base/log.h"
#include "core/loop/loop.h"
#include "core/net/proxied_stream.h"

namespace gateway {

class Balancers final {
 public:
  /// All borrowed. `header_time`: how long a header may take.
  Balancers(core::Loop& loop, const core::Log& log, const config::ProxyProtocol& rule,
            core::Duration header_time);

  /// Whether a connection of `peer` to our `local` end begins with a header.
  [[nodiscard]] bool include(const core::IpAddress& peer, const core::Endpoint& local) const;
  core::Flow<core::ProxiedStream> take_header(std::unique_ptr<core::ByteStream> stream);
  /// Tells the operator of a header that is bad or missing, a few times a minute at most. Health checks that
  /// connect and go are no failure.
  void on_failure(const core::Endpoint& peer, const core::Error& error);

 private:
  core::Loop& loop_;
  const core::Log& log_;
  const config::ProxyProtocol& rule_;
  core::Duration header_time_;
  std::optional<core::SteadyTime> told_;
  std::uint64_t untold_ = 0;
};

}  // namespace gateway

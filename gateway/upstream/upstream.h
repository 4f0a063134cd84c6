// The origin behind a route, as one worker sees it: where it is, how it is reached, and the kept-alive
// connections to it. Routes with the same address and the same TLS settings share one; no others do.
#pragma once

#include <memory>
#include <string>

#include "config/types_route.h"
#include "core/http/limits.h"
#include "core/http/pool.h"
#include "core/http/session.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/net/connector.h"

namespace gateway {

class Upstream {
 public:
  /// `connector` reaches the origin (TCP, or TLS with the origin's trust and name); it must outlive the
  /// upstream.
  Upstream(core::Loop& loop, core::Connector& connector, const config::Upstream& settings);

  /// A kept-alive session that is open now; null if there is none. It goes back to the pool by itself when
  /// its exchange ends.
  core::ClientSession* take_idle();
  /// A fresh session, in the pool's keeping like the other. Ends with unreachable, timed_out or unverified.
  core::Flow<core::ClientSession*> connect(core::Duration timeout);

  /// host:port as configured, for logs.
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  core::Loop& loop_;
  core::Connector& connector_;
  core::HostPort where_;
  std::string address_;
  core::ClientLimits limits_;
  core::Pool pool_;
};

}  // namespace gateway

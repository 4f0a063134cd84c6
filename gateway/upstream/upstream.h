// Upstream: the origins behind a route as one worker sees them. Follows what control publishes of them,
// leaves out those that fail, and says where a request goes. Routes with the same origins and the same
// settings share one; no others do.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/types_route.h"
#include "core/base/log.h"
#include "core/base/secret.h"
#include "core/loop/published.h"
#include "gateway/upstream/balancer.h"
#include "gateway/upstream/origin.h"
#include "gateway/upstream/retry_budget.h"
#include "gateway/upstream/upstream_state.h"
#include "gateway/upstream/waiting_line.h"

namespace gateway {

/// Borrowed, for the life of the upstream, but for what is a value.
struct UpstreamParts {
  core::Loop& loop;
  core::Connector& connector;  ///< TCP, or TLS with the origins' trust and name
  ConnectionAllowance& allowance;
  const core::Log& log;
  const core::Published<UpstreamState>* state = nullptr;  ///< null: the configuration is all there is to know
  const core::Secret* label_key = nullptr;                ///< of the labels in cookies; null: no labels
  unsigned workers = 1;                                   ///< among which the circuit's limits are shared out
  std::uint64_t seed = 0;
  PoolTraffic* traffic = nullptr;  ///< null: nobody counts
};

class Upstream final : public core::Retirable, private OriginOwner {
 public:
  Upstream(const UpstreamParts& parts, const config::Upstream& settings);
  ~Upstream() override;

  /// Takes note of what is new of its origins, by control's word or by the time; whoever waits is told.
  void look();
  /// The origin for a request, none of those in `tried`; null if there is no other. It lives at least until
  /// the end of the turn, and as long as it is held.
  Origin* choose(const Call& call, const Tried& tried);
  /// An answer came from `origin`.
  void note_success(Origin& origin);
  /// It failed; left out for a while if that happens too often and the others can do without it.
  void note_failure(Origin& origin, OriginFailure failure, const core::Error& error);
  /// Ends Origin::hold().
  void release(Origin& origin);

  [[nodiscard]] core::Loop& loop() { return parts_.loop; }
  [[nodiscard]] RetryBudget& retries() { return retries_; }
  [[nodiscard]] WaitingLine& line() { return line_; }
  /// In case the worker's allowance is what is missing.
  void await_room() { parts_.allowance.await_room(line_); }
  /// Whether its origins speak HTTP/2.
  [[nodiscard]] bool is_http2() const {
    return protocol_ == config::OriginProtocol::h2c || protocol_ == config::OriginProtocol::h2;
  }
  /// All origins as configured, for logs.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void on_room(Origin& origin) override;
  void take_state(const UpstreamState& state, core::SteadyTime now);
  void refresh(core::SteadyTime now);
  [[nodiscard]] bool can_spare(const Origin& origin, OriginFailure failure, core::SteadyTime now);
  [[nodiscard]] std::string label_of(const Place& place) const;
  void end_if_unused(Origin& origin);

  UpstreamParts parts_;
  std::string text_;
  config::OriginProtocol protocol_;
  std::size_t most_connections_;
  core::Duration slow_start_;
  std::optional<core::Published<UpstreamState>::Reader> reader_;
  RetryBudget retries_;
  WaitingLine line_;
  std::vector<std::unique_ptr<Origin>> origins_;
  std::vector<std::unique_ptr<Origin>> leaving_;
  std::vector<Candidate*> usable_;
  std::unique_ptr<Balancer> balancer_;
  std::optional<core::SteadyTime> next_return_;  // of an origin that is left out
  core::Timer return_timer_;                     // for those that wait then
};

}  // namespace gateway

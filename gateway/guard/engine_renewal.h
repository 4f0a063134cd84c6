// Asks a decision engine again about what stands open of a request that it has admitted: the question of
// then, each settings.recheck. Its refusal ends it at once. An engine that gives no answer that counts is
// asked sooner, and ends it after kEnginePatience: a restart of the engine ends nothing, its absence does not
// last for ever.
#pragma once

#include <memory>
#include <optional>

#include "config/types_authorize.h"
#include "core/http/client.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "gateway/guard/engine_question.h"
#include "gateway/model/audit.h"
#include "gateway/model/renewal.h"
#include "gateway/session/cookie_names.h"

namespace gateway {

/// How long what stands open goes on while the engine gives no answer that counts.
inline constexpr core::Duration kEnginePatience = std::chrono::minutes(5);
/// Until the next try then, if settings.recheck is not shorter.
inline constexpr core::Duration kEngineRetry = std::chrono::seconds(10);
/// Of these questions, under way at one time for one route and worker; what is more waits, kEnginePatience at
/// most, so that many sockets keep no request from being asked about.
inline constexpr std::size_t kMaxEngineRenewals = 100;

/// All borrowed, one worker's.
struct EngineRenewalParts {
  const config::Authorize& settings;
  core::Loop& loop;
  core::HttpClient& client;
  const CookieNames& cookie_names;
  const Audit& audit;
  std::size_t& under_way;  ///< counted here
};

class EngineRenewal final : public Renewal {
 public:
  /// `identity`: who was admitted; null: it is not known.
  EngineRenewal(const EngineRenewalParts& parts, core::FetchRequest question,
                std::shared_ptr<const Identity> identity);
  void begin(const Request& request, OnOver over) override;
  [[nodiscard]] std::string_view by() const override { return by_; }

 private:
  void ask();
  core::Flow<EngineAnswer> answer();
  void take(const core::Result<EngineAnswer>& answer);
  void fail(const core::Error& error, core::Duration pause);
  void note(const std::string& reason);

  EngineRenewalParts parts_;
  core::FetchRequest question_;
  std::shared_ptr<const Identity> identity_;
  std::string by_;
  AuditedRequest asked_;
  OnOver over_;
  std::optional<core::SteadyTime> failing_since_;
  core::Timer timer_;
  core::RunningFlow<EngineAnswer> asking_;
};

}  // namespace gateway

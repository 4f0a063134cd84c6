#include "gateway/guard/engine_renewal.h"

#include <algorithm>
#include <string>
#include <utility>

#include "gateway/guard/asking.h"
#include "gateway/guard/authorize_guard.h"

namespace gateway {
namespace {

/// Until there may be room for one more question.
constexpr core::Duration kBusyPause = std::chrono::seconds(1);

core::Error refused(int status) {
  return {core::ErrorKind::refused, core::Side::client,
          "the authorize engine admits it no more: " + std::to_string(status)};
}

}  // namespace

EngineRenewal::EngineRenewal(const EngineRenewalParts& parts, core::FetchRequest question,
                             std::shared_ptr<const Identity> identity)
    : parts_(parts),
      question_(std::move(question)),
      identity_(std::move(identity)),
      by_(parts.settings.url.text()),
      timer_(parts.loop, [this] { ask(); }) {}

void EngineRenewal::begin(const Request& request, OnOver over) {
  asked_ = AuditedRequest(request);
  over_ = std::move(over);
  timer_.arm(parts_.settings.recheck);
}

void EngineRenewal::ask() {
  if (parts_.under_way >= kMaxEngineRenewals) return timer_.arm(kBusyPause);
  asking_.start(answer(), [this](const core::Result<EngineAnswer>& answer) { take(answer); });
}

core::Flow<EngineAnswer> EngineRenewal::answer() {
  const Asking asking(parts_.under_way);
  core::FetchRequest question = question_;
  const core::FetchLimits limits{kMaxEngineBody, parts_.settings.timeout};
  const core::FetchResponse response = co_await parts_.client.fetch(std::move(question), limits);
  EngineAnswer answer = co_await read_engine_answer(parts_.settings, response, parts_.cookie_names);
  co_return answer;
}

void EngineRenewal::take(const core::Result<EngineAnswer>& answer) {
  if (answer && answer->is_admitted) {
    failing_since_.reset();
    return timer_.arm(parts_.settings.recheck);
  }
  if (answer) {
    const int status = answer->refusal.status;
    asked_.now = parts_.loop.clock().wall();
    const std::string reason = "authorize: " + std::to_string(status) + ", while it stood open";
    if (identity_ != nullptr) {
      parts_.audit.note(AuditAct::denied, asked_, *identity_, reason);
    } else {
      parts_.audit.note(AuditAct::denied, asked_, reason);
    }
    return over_(refused(status));
  }
  const core::SteadyTime now = parts_.loop.now();
  if (!failing_since_) failing_since_ = now;
  if (now - *failing_since_ >= kEnginePatience) return over_(answer.error());
  timer_.arm(std::min<core::Duration>(parts_.settings.recheck, kEngineRetry));
}

}  // namespace gateway

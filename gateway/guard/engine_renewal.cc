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

core::Error busy() {
  return {core::ErrorKind::unavailable, core::Side::us,
          "the authorize engine is asked too much to be asked again", core::Retry::later};
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
  // Not to be asked is as bad as to have no answer: else many sockets keep each other open.
  if (parts_.under_way >= kMaxEngineRenewals) return fail(busy(), kBusyPause);
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
    note("authorize: " + std::to_string(status) + ", while it stood open");
    return over_(refused(status));
  }
  fail(answer.error(), std::min<core::Duration>(parts_.settings.recheck, kEngineRetry));
}

void EngineRenewal::fail(const core::Error& error, core::Duration pause) {
  const core::SteadyTime now = parts_.loop.now();
  if (!failing_since_) failing_since_ = now;
  if (now - *failing_since_ < kEnginePatience) return timer_.arm(pause);
  asked_.now = parts_.loop.clock().wall();
  note("authorize: no answer that counts, while it stood open");
  over_(error);
}

void EngineRenewal::note(const std::string& reason) {
  if (identity_ != nullptr) {
    parts_.audit.note(AuditAct::denied, asked_, *identity_, reason);
  } else {
    parts_.audit.note(AuditAct::denied, asked_, reason);
  }
}

}  // namespace gateway

#include "gateway/guard/authorize_guard.h"

#include <string>
#include <utility>

#include "gateway/guard/asking.h"
#include "gateway/guard/engine_renewal.h"

namespace gateway {
namespace {

core::Error busy() {
  return {core::ErrorKind::unavailable, core::Side::us, "too many questions to the engine at one time",
          core::Retry::later};
}

}  // namespace

AuthorizeGuard::AuthorizeGuard(config::Authorize settings, AuthorizeGuardParts parts,
                               std::unique_ptr<Guard> first)
    : settings_(std::move(settings)), parts_(parts), first_(std::move(first)), url_(settings_.url.text()) {}

core::Flow<Verdict> AuthorizeGuard::admit(const Request& request) {
  Verdict verdict = co_await first_->admit(request);
  if (!verdict.admitted) co_return verdict;
  if (!request.client_is_known) {
    // The engine would take whoever asks on its behalf, or us, for the client: addresses of the inside.
    verdict.admitted.reset();
    verdict.answer = parts_.errors.answer(request, 403);
    verdict.answer.reason = "authorize: nobody whom listen.trusted_proxies names says who the client is";
    co_return verdict;
  }
  if (asking_ >= kMaxEngineQuestions) {
    deny(request, busy(), verdict);
    co_return verdict;
  }
  const Asking asking(asking_);
  const AuthorizationUse use =
      verdict.took_authorization ? AuthorizationUse::ours : AuthorizationUse::clients;
  core::FetchRequest question = engine_question(settings_, request, parts_.cookie_names, use);
  core::FetchRequest again = question;
  const core::FetchLimits limits{kMaxEngineBody, settings_.timeout};
  core::Flow<core::FetchResponse> asked = parts_.client.fetch(std::move(question), limits);
  const core::Result<core::FetchResponse> response = co_await core::attempt(std::move(asked));
  take(request, response, verdict);
  if (verdict.admitted) verdict.renewal = renewal_of(std::move(again), *verdict.admitted);
  co_return verdict;
}

std::unique_ptr<Renewal> AuthorizeGuard::renewal_of(core::FetchRequest question, const Admitted& admitted) {
  const EngineRenewalParts parts{settings_,           parts_.loop,  parts_.client,
                                 parts_.cookie_names, parts_.audit, renewing_};
  return std::make_unique<EngineRenewal>(parts, std::move(question), admitted.shared_identity());
}

void AuthorizeGuard::take(const Request& request, const core::Result<core::FetchResponse>& response,
                          Verdict& verdict) {
  if (!response) return deny(request, response.error(), verdict);
  core::Result<EngineAnswer> answer = read_engine_answer(settings_, *response, parts_.cookie_names);
  if (!answer) return deny(request, answer.error(), verdict);
  if (std::exchange(is_failing_, false)) parts_.log.info("the authorize engine answers again");
  if (answer->is_admitted) {
    verdict.fields = std::move(answer->fields);
    return;
  }
  const std::string reason = "authorize: " + std::to_string(response->status);
  if (const Identity* identity = verdict.admitted->identity()) {
    parts_.audit.note(AuditAct::denied, request, *identity, reason);
  } else if (response->status == 403) {
    parts_.audit.note(AuditAct::denied, request, reason);
  }
  verdict.admitted.reset();
  verdict.answer = std::move(answer->refusal);
  verdict.answer.reason = reason;
}

void AuthorizeGuard::deny(const Request& request, const core::Error& error, Verdict& verdict) {
  if (!std::exchange(is_failing_, true)) {
    parts_.log.error("the authorize engine gives no answer that counts: nobody passes by it",
                     {{"url", settings_.url.text()}, {"error", error.text}});
  }
  verdict.admitted.reset();
  verdict.answer = parts_.errors.answer(request, 503);
  verdict.answer.with("Retry-After", "5");
  verdict.answer.reason = "authorize: " + error.text;
}

}  // namespace gateway

#include "gateway/guard/bearer_guard.h"

#include <utility>

#include "core/crypto/jwt.h"
#include "gateway/guard/judgement.h"

namespace gateway {

BearerGuard::BearerGuard(BearerGuardRule rule, BearerGuardParts parts, std::unique_ptr<Guard> others)
    : rule_(std::move(rule)), parts_(parts), others_(std::move(others)) {}

std::optional<Verdict> BearerGuard::admit_now(const Request& request) {
  const std::optional<FoundToken> found = parts_.tokens.find_now(request, rule_.asked);
  if (!found) return std::nullopt;
  if (found->standing != TokenStanding::none) return verdict_on(request, *found);
  std::optional<Verdict> verdict = others_->admit_now(request);
  if (!verdict) return std::nullopt;
  return challenged(request, std::move(*verdict));
}

core::Flow<Verdict> BearerGuard::admit(const Request& request) {
  const FoundToken found = co_await parts_.tokens.find(request, rule_.asked);
  if (found.standing != TokenStanding::none) co_return verdict_on(request, found);
  Verdict verdict = co_await others_->admit(request);
  co_return challenged(request, std::move(verdict));
}

bool BearerGuard::still_admits(const Request& request, const std::shared_ptr<const Identity>& identity,
                               core::WallTime now) {
  if (identity == nullptr || !identity->is_by_token()) return others_->still_admits(request, identity, now);
  if (!parts_.tokens.still_counts(*identity, now)) return false;
  const Question question = question_of(*identity, request);
  return judge(parts_.policies.current(), rule_.policy, question) == Decision::admitted;
}

std::optional<Reply> BearerGuard::describe_resource(const Request& request) {
  if (rule_.hints.issuers.empty()) return std::nullopt;
  return resource_metadata(request, rule_.hints);
}

Verdict BearerGuard::verdict_on(const Request& request, const FoundToken& found) {
  Verdict verdict;
  verdict.took_authorization = true;
  switch (found.standing) {
    case TokenStanding::good:
      if (judge_known(parts_.policies, rule_.policy, request, *found.known) == Decision::admitted) {
        verdict.admitted = grant(found.known->identity);
        return verdict;
      }
      verdict.answer = token_denied(request, rule_.hints);
      verdict.answer.reason = "policy " + parts_.policies.current().at(rule_.policy).name;
      parts_.refusals.take(AuditAct::denied, request, *found.known->identity, verdict.answer);
      return verdict;
    case TokenStanding::elsewhere:
      verdict.answer = token_elsewhere(request, rule_.hints);
      verdict.answer.reason = "a personal token for other places";
      parts_.refusals.take(AuditAct::denied, request, *found.known->identity, verdict.answer);
      return verdict;
    case TokenStanding::several:
      verdict.answer = several_tokens(request, rule_.hints);
      return verdict;
    case TokenStanding::unknown:
      verdict.answer = token_unknown(request);
      return verdict;
    case TokenStanding::bad:
    case TokenStanding::none:
      break;
  }
  parts_.strangers.note(AuditAct::token_refused, request,
                        found.reason.empty() ? "not known, over or revoked" : found.reason);
  verdict.answer = bad_token(request, rule_.hints);
  return verdict;
}

Verdict BearerGuard::challenged(const Request& request, Verdict verdict) const {
  if (!verdict.admitted && verdict.answer.status == 401) {
    add_bearer_challenge(request, rule_.hints, verdict.answer);
  }
  return verdict;
}

}  // namespace gateway

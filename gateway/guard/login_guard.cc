#include "gateway/guard/login_guard.h"

#include <utility>

#include "gateway/guard/judgement.h"
#include "gateway/guard/kept_form.h"

namespace gateway {
namespace {

/// Whether this request is redirected to sign-in.
bool may_redirect(const Request& request, config::Unauthenticated mode) {
  if (mode == config::Unauthenticated::refuse) return false;
  if (may_start_sign_in(request)) return true;
  if (mode != config::Unauthenticated::redirect) return false;
  const core::Fields& fields = *request.fields;
  // A socket or a prefetch cannot follow, whatever the route says.
  const bool is_page = !fields.has(core::FieldId::upgrade) && !fields.has(core::FieldId::sec_purpose);
  return is_page && (request.method == "GET" || request.method == "HEAD");
}

bool is_form_post(const Request& request) {
  const bool has_body = request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
  return has_body && audience_of(request) == Audience::navigation;
}

}  // namespace

LoginGuard::LoginGuard(LoginGuardRule rule, LoginGuardParts parts) : rule_(std::move(rule)), parts_(parts) {}

std::optional<Verdict> LoginGuard::admit_now(const Request& request) {
  const std::optional<LiveSessions::Found> found = parts_.live_sessions.find_now(request);
  if (!found) return std::nullopt;
  if (found->session == nullptr) return verdict_on(request, *found);
  const Decision decision = judge_known(parts_.policies, rule_.policy, request, *found->session);
  if (must_ask(request, decision, *found->session)) return std::nullopt;
  return verdict_of(request, *found->session, decision);
}

core::Flow<Verdict> LoginGuard::admit(const Request& request) {
  const LiveSessions::Found found = co_await parts_.live_sessions.find(request);
  if (found.session == nullptr) co_return verdict_on(request, found);
  const Decision decision = judge_known(parts_.policies, rule_.policy, request, *found.session);
  if (!must_ask(request, decision, *found.session)) {
    co_return verdict_of(request, *found.session, decision);
  }
  const std::shared_ptr<const Identity> identity = found.session->identity;
  co_await parts_.access_requests.ask(request, rule_.policy, identity);
  const LiveSessions::Found again = co_await parts_.live_sessions.find(request);
  co_return verdict_on(request, again);
}

bool LoginGuard::must_ask(const Request& request, Decision decision, const CachedSession& session) {
  return decision == Decision::pending &&
         parts_.access_requests.is_asked_by(request, rule_.policy, *session.identity);
}

Verdict LoginGuard::verdict_on(const Request& request, const LiveSessions::Found& found) {
  if (found.session != nullptr) {
    const Decision decision = judge_known(parts_.policies, rule_.policy, request, *found.session);
    return verdict_of(request, *found.session, decision);
  }
  if (found.absence == SessionAbsence::unreadable) {
    // Written by nobody who has our keys: planted, copied from another host, or of keys that are gone.
    parts_.strangers.note(AuditAct::request_refused, request, "a session cookie that does not open");
  }
  Verdict verdict;
  verdict.answer =
      found.is_unknown ? parts_.answers.session_unknown(request) : without_session(request, found.absence);
  if (!found.is_unknown && may_keep_form(request)) {
    verdict.answer_with_body = [this, absence = found.absence](const Request& sent, const std::string& body) {
      return without_session_for(sent, body, absence);
    };
  }
  return verdict;
}

bool LoginGuard::still_admits(const Request& request, const std::shared_ptr<const Identity>& identity,
                              core::WallTime now) {
  if (identity == nullptr || parts_.sessions.judge(identity, now) != SessionAbsence::none) return false;
  const Question question = question_of(*identity, request);
  return judge(parts_.policies.current(), rule_.policy, question) == Decision::admitted;
}

AccessAsked LoginGuard::standing_of(const Request& request, const Identity& identity) {
  return parts_.access_requests.standing_of(request, rule_.policy, identity);
}

Verdict LoginGuard::verdict_of(const Request& request, CachedSession& session, Decision decision) {
  const config::Policy& policy = parts_.policies.current().at(rule_.policy);
  Verdict verdict;
  verdict.cookies = parts_.sessions.renewal(request, session);
  const Identity& identity = *session.identity;
  switch (decision) {
    case Decision::admitted:
      verdict.admitted = grant(session.identity, session.tokens);
      return verdict;
    case Decision::denied:
      verdict.answer = parts_.answers.denied(request, identity, standing_of(request, identity));
      break;
    case Decision::pending:
      verdict.answer = parts_.answers.pending(request, identity, standing_of(request, identity));
      break;
    case Decision::redirected:
      verdict.answer = may_start_sign_in(request) ? redirect_to(302, policy.otherwise_url)
                                                  : parts_.answers.denied(request, identity);
      break;
  }
  verdict.answer.reason = "policy " + policy.name;
  const AuditAct act = decision == Decision::pending ? AuditAct::pending : AuditAct::denied;
  parts_.refusals.take(act, request, identity, verdict.answer);
  return verdict;
}

Reply LoginGuard::without_session_for(const Request& request, const std::string& body,
                                      SessionAbsence absence) {
  std::optional<KeptForm> kept = read_kept_form(body);
  if (!kept) return without_session(request, absence);
  UnsentForm form{std::string(request.path).append(request.query), parts_.login.sign_in_url_after(request),
                  std::move(*kept)};
  Reply reply = parts_.answers.session_ended(request, form);
  reply.reason = name_of(absence);
  return reply;
}

Reply LoginGuard::without_session(const Request& request, SessionAbsence absence) {
  Reply reply;
  if (may_redirect(request, rule_.unauthenticated)) {
    reply = parts_.login.begin_for(request, rule_.sign_in, absence);
  } else if (is_form_post(request)) {
    reply = parts_.answers.session_ended(request, parts_.login.sign_in_url_after(request));
  } else {
    reply = parts_.answers.sign_in_needed(request, parts_.login.sign_in_url_after(request));
  }
  if (reply.reason.empty() || reply.reason == "no session") reply.reason = name_of(absence);
  return reply;
}

}  // namespace gateway

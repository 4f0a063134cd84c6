#include "gateway/answer/approval_pages.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/text/form.h"
#include "gateway/guard/administrators.h"
#include "gateway/pages/languages.h"

namespace gateway {
namespace {

constexpr std::string_view kEndpoint = "/approvals";
constexpr std::string_view kDecideAction = "decide about access";

/// 2026-11-22.
std::string day_of(core::WallTime moment) {
  std::string text;
  core::append_timestamp(text, moment);
  return text.substr(0, 10);
}

/// 2026-11-22 14:03 UTC.
std::string moment_of(core::WallTime moment) {
  std::string text;
  core::append_timestamp(text, moment);
  return text.substr(0, 10) + " " + text.substr(11, 5) + " UTC";
}

std::optional<int> number_in(std::string_view digits) {
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.starts_with('-'))
    return std::nullopt;
  return number;
}

}  // namespace

core::Result<core::WallTime> end_of_day(std::string_view text) {
  const auto bad = [] {
    return core::failure(core::ErrorKind::malformed, core::Side::client, "expected a date, 2026-11-22");
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return bad();
  const auto year = number_in(text.substr(0, 4));
  const auto month = number_in(text.substr(5, 2));
  const auto day = number_in(text.substr(8, 2));
  if (!year || !month || !day || *year < 2000 || *year > 2200) return bad();
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return bad();
  return std::chrono::sys_days(date) + std::chrono::days(1);
}

bool ApprovalPages::serves(std::string_view endpoint) {
  return endpoint == kEndpoint || endpoint == kAskPath;
}

core::Flow<Reply> ApprovalPages::serve(const Request& request, std::string_view endpoint, std::string body) {
  const bool is_post = request.method == "POST";
  const bool asks = endpoint == kAskPath;
  if (!is_post && (asks || request.method != "GET")) {
    Reply refusal = parts_.answers.refused(request, 405);
    refusal.with("Allow", asks ? "POST" : "GET, POST");
    co_return refusal;
  }
  const std::string& login_host = parts_.config.login.host;
  if (!asks && request.host != login_host) {
    if (is_post) co_return parts_.answers.refused(request, 404);
    Request there = request;
    there.host = login_host;
    co_return redirect_to(302, there.url());
  }
  const LiveSessions::Found found = co_await parts_.live_sessions.find(request);
  if (found.is_unknown) co_return parts_.answers.session_unknown(request);
  if (found.session == nullptr) {
    if (may_start_sign_in(request)) co_return parts_.login.begin_for(request, {}, found.absence);
    co_return parts_.answers.sign_in_needed(request, parts_.login.sign_in_url_after(request));
  }
  const Shared person = found.session->identity;
  core::Flow<Reply> answering = asks      ? ask(request, person, std::move(body))
                                : is_post ? decide(request, person, std::move(body))
                                          : show(request, person);
  Reply reply = co_await std::move(answering);
  co_return reply;
}

bool ApprovalPages::is_admin(const Request& request, const Identity& identity, std::string_view name) {
  const Policies& policies = parts_.policies.current();
  const std::optional<std::size_t> policy = policies.index_of(name);
  return policy && administers(policies, *policy, {identity, request.client, request.method});
}

ApprovalRow ApprovalPages::row_of(const Request& request, const Identity& admin, const Approval& approval) {
  ApprovalRow row;
  row.who = shown_name(approval);
  row.email = approval.email;
  row.email_is_verified = approval.email_counts;
  row.name = approval.name;
  row.provider = approval.provider;
  for (const config::Provider& provider : parts_.config.login.providers) {
    if (provider.name == approval.provider) row.provider = provider.title;
  }
  row.issuer = approval.issuer;
  row.subject = approval.subject;
  row.policy = approval.policy;
  row.asked = moment_of(approval.asked_at);
  if (approval.state != ApprovalState::waiting) {
    row.decided = moment_of(approval.decided_at);
    row.by = approval.decided_by;
  }
  // The end is the moment with which its last day ends.
  if (approval.until) row.until = day_of(*approval.until - std::chrono::seconds(1));
  row.is_oneself = approval.issuer == admin.issuer && approval.subject == admin.subject;
  core::FormWriter about;
  about.add("id", id_of(approval)).add("version", version_of(approval));
  row.token = parts_.tokens.make(request, admin, kDecideAction, about.text());
  return row;
}

core::Flow<Reply> ApprovalPages::show(const Request& request, Shared admin) {
  if (!administers_any(parts_.policies.current(), {*admin, request.client, request.method})) {
    parts_.audit.note(AuditAct::denied, request, *admin, "approvals");
    co_return parts_.answers.denied(request, *admin);
  }
  const std::vector<Approval> all = co_await parts_.list();
  ApprovalsList page;
  page.action = parts_.config.login.prefix + std::string(kEndpoint);
  page.first_day = day_of(request.now);
  for (const Approval& approval : all) {
    if (!is_admin(request, *admin, approval.policy)) continue;
    std::vector<ApprovalRow>& section = approval.state == ApprovalState::waiting    ? page.waiting
                                        : approval.state == ApprovalState::approved ? page.approved
                                                                                    : page.rejected;
    if (section.size() < kMaxRows) {
      section.push_back(row_of(request, *admin, approval));
    } else {
      ++page.left_out;
    }
  }
  co_return parts_.answers.approvals(request, page);
}

core::Flow<ApprovalDecision> ApprovalPages::read(const Request& request, Shared admin, std::string body) {
  const core::Form form = co_await core::Form::parse(body);
  const std::string_view act = co_await form.required(kApprovalActField);
  const std::optional<std::string_view> until = co_await form.once(kApprovalUntilField);
  const std::string about =
      co_await parts_.tokens.take(request, *admin, kDecideAction, form.required(kApprovalTokenField));
  const core::Form shown = co_await core::Form::parse(about);
  const std::string_view id = co_await shown.required("id");
  const std::string_view version = co_await shown.required("version");
  const std::optional<ApprovalAct> known = approval_act_named(act);
  if (!known) co_return core::failure(core::ErrorKind::malformed, core::Side::client, "no such decision");
  ApprovalDecision decision;
  decision.id = id;
  decision.version = version;
  decision.act = *known;
  if (decision.act == ApprovalAct::approve && !until.value_or("").empty()) {
    decision.until = co_await end_of_day(*until);
  }
  decision.by = admin->email_counts ? admin->email : admin->user;
  decision.issuer = admin->issuer;
  decision.subject = admin->subject;
  co_return decision;
}

core::Flow<Reply> ApprovalPages::decide(const Request& request, Shared admin, std::string body) {
  core::Result<ApprovalDecision> decision = co_await core::attempt(read(request, admin, std::move(body)));
  if (!decision) co_return failed(request, decision.error());
  const std::vector<Approval> all = co_await parts_.list();
  const auto about =
      std::ranges::find_if(all, [&](const Approval& each) { return id_of(each) == decision->id; });
  if (about == all.end() || !is_admin(request, *admin, about->policy)) {
    parts_.audit.note(AuditAct::denied, request, *admin, "approvals");
    co_return parts_.answers.refused(request, 403);
  }
  decision->note = parts_.audit.for_later(request, *admin);
  const core::Result<Approval> decided = co_await core::attempt(parts_.decide(std::move(*decision)));
  if (!decided) co_return failed(request, decided.error());
  co_return redirect_to(303, request.origin() + parts_.config.login.prefix + std::string(kEndpoint));
}

core::Flow<Reply> ApprovalPages::ask(const Request& request, Shared person, std::string body) {
  core::Result<core::Form> form = core::Form::parse(body);
  if (!form) co_return failed(request, form.error());
  const core::Result<std::string_view> token = form->required(kAskTokenField);
  if (!token) co_return failed(request, token.error());
  std::string sealed(*token);
  const core::Result<std::string> target =
      co_await core::attempt(parts_.access_requests.take_form(request, person, std::move(sealed)));
  if (!target) co_return failed(request, target.error());
  co_return redirect_to(303, *target);
}

Reply ApprovalPages::failed(const Request& request, const core::Error& error) const {
  const ApprovalsWords& words = words_for(request).approvals;
  Reply reply;
  switch (error.kind) {
    case core::ErrorKind::conflict:
    case core::ErrorKind::not_found:
      reply = parts_.answers.refused(
          request, {409, words.changed, parts_.config.login.prefix + std::string(kEndpoint)}, "changed");
      break;
    case core::ErrorKind::malformed:
      reply = parts_.answers.refused(request, {400, words.malformed, {}}, "malformed");
      break;
    case core::ErrorKind::unavailable:
      reply = parts_.answers.refused(request, {503, words.not_kept, {}}, "not_kept");
      break;
    default:
      reply = parts_.answers.refused(request, {403, words.refused, {}}, "refused");
  }
  reply.reason = error.text;
  return reply;
}

}  // namespace gateway

// PREFIX/approvals on login.host, where administrators decide who may enter, and PREFIX/approvals/ask on
// every host, where the denied page's form goes. An administrator sees the requests of those policies whose
// `approval.admins` admits them now; all else is refused as if there were no such page. Decisions are forms
// of that page alone (form_token.h), about what it showed: what somebody else decided meanwhile stands.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/types.h"
#include "core/loop/flow.h"
#include "core/loop/published.h"
#include "gateway/guard/access_requests.h"
#include "gateway/guard/approval_list.h"
#include "gateway/model/audit.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/oidc/login.h"
#include "gateway/pages/approvals_page.h"
#include "gateway/session/form_token.h"
#include "gateway/session/live_sessions.h"

namespace gateway {

/// Control's: ApprovalList::all() and decide().
using ListApprovals = std::function<core::Flow<std::vector<Approval>>()>;
using DecideApproval = std::function<core::Flow<Approval>(ApprovalDecision decision)>;

/// One worker's; all borrowed but the functions.
struct ApprovalPageParts {
  const config::Config& config;
  LiveSessions& live_sessions;
  Login& login;
  const LoginAnswers& answers;
  core::Published<Policies>::Reader& policies;
  FormTokens& tokens;
  AccessRequests& access_requests;
  const Audit& audit;
  ListApprovals list;
  DecideApproval decide;
};

class ApprovalPages {
 public:
  /// Of each section.
  static constexpr std::size_t kMaxRows = 200;

  explicit ApprovalPages(ApprovalPageParts parts) : parts_(std::move(parts)) {}
  /// Whether this endpoint (below login.prefix) is one of them.
  static bool serves(std::string_view endpoint);
  /// `request` outlives the flow.
  core::Flow<Reply> serve(const Request& request, std::string_view endpoint, std::string body);

 private:
  using Shared = std::shared_ptr<const Identity>;
  [[nodiscard]] bool is_admin(const Request& request, const Identity& identity, std::string_view policy);
  core::Flow<Reply> show(const Request& request, Shared admin);
  core::Flow<Reply> decide(const Request& request, Shared admin, std::string body);
  core::Flow<Reply> ask(const Request& request, Shared person, std::string body);
  core::Flow<ApprovalDecision> read(const Request& request, Shared admin, std::string body);
  ApprovalRow row_of(const Request& request, const Identity& admin, const Approval& approval);
  [[nodiscard]] Reply failed(const Request& request, const core::Error& error) const;

  ApprovalPageParts parts_;
};

/// The moment with which the day ends (UTC) that `text` names, 2026-11-22; `malformed` for anything else.
core::Result<core::WallTime> end_of_day(std::string_view text);

}  // namespace gateway

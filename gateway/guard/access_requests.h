// Asking for access, as a guard does it for somebody whom its policy does not admit: by itself where the
// policy makes them wait (`otherwise: pending`), by a button of the denied page elsewhere. What an
// administrator then says acts by the next snapshot of the policies.
#pragma once

#include <functional>
#include <string>

#include "core/loop/flow.h"
#include "core/loop/published.h"
#include "gateway/guard/approval.h"
#include "gateway/guard/policies.h"
#include "gateway/guard/policy.h"
#include "gateway/model/audit.h"
#include "gateway/oidc/login.h"
#include "gateway/session/form_token.h"

namespace gateway {

/// Has control put somebody into the queue of a policy: ApprovalList::ask(). Every worker sees it when it
/// ends.
using AskForAccess = std::function<core::Flow<>(Approval request, AuditNote note)>;

/// Where below login.prefix the form of the denied page goes.
inline constexpr std::string_view kAskPath = "/approvals/ask";
/// The action of its token, which is about the policy's name and the page to come back to.
inline constexpr std::string_view kAskAction = "ask for access";
/// The token's field.
inline constexpr std::string_view kAskTokenField = "token";

/// One worker's. All borrowed but the function.
struct AccessRequestParts {
  const config::Login& settings;
  core::Published<Policies>::Reader& policies;
  Login& login;
  FormTokens& tokens;
  const Audit& audit;
  AskForAccess ask;  ///< empty: no policy has administrators
};

class AccessRequests {
 public:
  explicit AccessRequests(AccessRequestParts parts) : parts_(std::move(parts)) {}
  /// Whether this very request asks for access: a page was asked for, the policy makes them wait, and they
  /// never asked.
  [[nodiscard]] bool is_asked_by(const Request& request, std::size_t policy, const Identity& identity);
  /// Asks. A queue that is full or cannot be written is the log's and the page's business, no failure.
  core::Flow<> ask(const Request& request, std::size_t policy, std::shared_ptr<const Identity> identity);
  /// What the page says and offers to somebody whom the policy does not admit.
  [[nodiscard]] AccessAsked standing_of(const Request& request, std::size_t policy, const Identity& identity);
  /// PREFIX/approvals/ask: the form of the denied page. Its target, or nothing if the form does not count.
  core::Flow<std::string> take_form(const Request& request, std::shared_ptr<const Identity> identity,
                                    std::string token);

 private:
  [[nodiscard]] bool may_ask(const Request& request, std::size_t policy, const Identity& identity);

  AccessRequestParts parts_;
};

}  // namespace gateway

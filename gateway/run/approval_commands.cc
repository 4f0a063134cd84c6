#include "gateway/run/approval_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/answer/approval_pages.h"

namespace gateway {
namespace {

using core::Flow;
using core::Result;

/// 2026-11-22.
std::string day_of(core::WallTime moment) {
  std::string text;
  core::append_timestamp(text, moment);
  return text.substr(0, 10);
}

std::unexpected<core::Error> refused(std::string text) {
  return core::failure(core::ErrorKind::refused, core::Side::us, std::move(text));
}

std::string line_of(const Approval& approval) {
  std::string line =
      fmt::format("{}  {}  {}  {} ({}{})  subject {}  asked {}", id_of(approval), name_of(approval.state),
                  approval.policy, shown_name(approval), approval.provider,
                  approval.email.empty() || approval.email_counts ? "" : ", e-mail not verified",
                  approval.subject, day_of(approval.asked_at));
  if (approval.state != ApprovalState::waiting)
    line.append(fmt::format("  decided {} by {}", day_of(approval.decided_at), approval.decided_by));
  if (approval.until) line.append("  until ").append(day_of(*approval.until - std::chrono::seconds(1)));
  return line;
}

class ListApprovalsCommand final : public ControlCommand {
 public:
  explicit ListApprovalsCommand(ApprovalList& list) : list_(list) {}
  [[nodiscard]] std::string_view usage() const override { return "approvals-list"; }
  Flow<std::string> run(std::vector<std::string> words, ControlProgress* progress) override {
    if (!words.empty()) co_return refused("approvals-list takes no words");
    const std::vector<Approval> all = list_.all();
    for (const Approval& approval : all) progress->say(line_of(approval));
    const auto waiting = std::ranges::count(all, ApprovalState::waiting, &Approval::state);
    co_return fmt::format("{} waiting, {} decided", waiting,
                          static_cast<std::ptrdiff_t>(all.size()) - waiting);
  }

 private:
  ApprovalList& list_;
};

class DecideApprovalCommand final : public ControlCommand {
 public:
  DecideApprovalCommand(ApprovalList& list, const Audit& audit) : list_(list), audit_(audit) {}
  [[nodiscard]] std::string_view usage() const override {
    return "approvals-decide approve|reject|withdraw ID [YYYY-MM-DD]";
  }

  Flow<std::string> run(std::vector<std::string> words, ControlProgress*) override {
    ApprovalDecision decision = co_await read(words);
    const ApprovalAct act = decision.act;
    const Approval decided = co_await list_.decide(std::move(decision));
    const std::string_view done = act == ApprovalAct::approve  ? "approved"
                                  : act == ApprovalAct::reject ? "rejected"
                                                               : "withdrawn";
    const std::string text = fmt::format("{}: policy {}: {} ({}, subject {})", done, decided.policy,
                                         shown_name(decided), decided.provider, decided.subject);
    audit_.note(act == ApprovalAct::approve  ? AuditAct::access_approved
                : act == ApprovalAct::reject ? AuditAct::access_rejected
                                             : AuditAct::access_withdrawn,
                "the operator: " + text);
    co_return text;
  }

 private:
  [[nodiscard]] Result<ApprovalDecision> read(const std::vector<std::string>& words) const {
    if (words.size() < 2 || words.size() > 3) return refused(fmt::format("expected {}", usage()));
    const std::optional<ApprovalAct> act = approval_act_named(words[0]);
    if (!act || (words.size() == 3 && *act != ApprovalAct::approve))
      return refused(fmt::format("expected {}", usage()));
    ApprovalDecision decision;
    decision.id = words[1];
    decision.act = *act;
    decision.by = "the operator";
    if (words.size() == 3) {
      const Result<core::WallTime> until = end_of_day(words[2]);
      if (!until) return refused(until.error().text);
      decision.until = *until;
    }
    return decision;
  }

  ApprovalList& list_;
  const Audit& audit_;
};

}  // namespace

std::unique_ptr<ControlCommand> make_list_approvals(ApprovalList& list) {
  return std::make_unique<ListApprovalsCommand>(list);
}

std::unique_ptr<ControlCommand> make_decide_approval(ApprovalList& list, const Audit& audit) {
  return std::make_unique<DecideApprovalCommand>(list, audit);
}

void add_approval_commands(ApprovalList& list, const Audit& audit, ControlCommands& commands) {
  commands.push_back(make_list_approvals(list));
  commands.push_back(make_decide_approval(list, audit));
}

}  // namespace gateway

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

Flow<Approval> decide(ApprovalList* list, ApprovalDecision decision) {
  Approval decided = co_await list->decide(std::move(decision));
  co_return decided;
}

class DecideApprovalCommand final : public ControlCommand {
 public:
  explicit DecideApprovalCommand(ApprovalCommandParts parts) : parts_(parts) {}
  [[nodiscard]] std::string_view usage() const override {
    return "approvals-decide approve|reject|withdraw ID [YYYY-MM-DD]";
  }

  Flow<std::string> run(std::vector<std::string> words, ControlProgress*) override {
    ApprovalDecision decision = co_await read(words);
    const ApprovalAct act = decision.act;
    const std::function<Flow<Approval>()> work = [list = &parts_.list, decision] {
      return decide(list, decision);
    };
    const Approval decided = co_await core::ask<Approval>(parts_.desk, parts_.desk, work);
    const std::string_view done = act == ApprovalAct::approve  ? "approved"
                                  : act == ApprovalAct::reject ? "rejected"
                                                               : "withdrawn";
    co_return fmt::format("{}: policy {}: {} ({}, subject {})", done, decided.policy, shown_name(decided),
                          decided.provider, decided.subject);
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
    decision.note = [audit = &parts_.audit](AuditAct line, std::string_view reason) {
      audit->note(line, std::string("the operator: ").append(reason));
    };
    if (words.size() == 3) {
      const Result<core::WallTime> until = end_of_day(words[2]);
      if (!until) return refused(until.error().text);
      decision.until = *until;
    }
    return decision;
  }

  ApprovalCommandParts parts_;
};

}  // namespace

void add_approval_commands(const ApprovalCommandParts& parts, ControlCommands& commands) {
  commands.push_back(std::make_unique<ListApprovalsCommand>(parts.list));
  commands.push_back(std::make_unique<DecideApprovalCommand>(parts));
}

}  // namespace gateway

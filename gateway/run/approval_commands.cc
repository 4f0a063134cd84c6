#include "gateway/run/approval_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "core/http/fields.h"
#include "core/text/percent.h"
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

bool has_in_it(std::string_view text, std::string_view part) {
  const auto alike = [](const char& a, const char& b) {
    return core::equals_ignoring_case({&a, 1}, {&b, 1});
  };
  return part.empty() || !std::ranges::search(text, part, alike).empty();
}

/// Which of them are listed; what is not set is any.
struct Filter {
  std::optional<std::string> policy;
  std::optional<std::string> state;
  std::optional<std::string> text;

  [[nodiscard]] bool takes(const Approval& approval) const {
    if (policy && approval.policy != *policy) return false;
    if (state && name_of(approval.state) != *state) return false;
    if (!text) return true;
    const std::array<std::string_view, 4> texts{approval.email, approval.name, approval.user,
                                                approval.subject};
    return std::ranges::any_of(texts, [this](std::string_view each) { return has_in_it(each, *text); });
  }
};

Result<Filter> read_filter(const std::vector<std::string>& words, std::string_view usage) {
  const auto unreadable = [usage] { return refused(fmt::format("expected {}", usage)); };
  Filter filter;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    std::optional<std::string>* const place = words[i] == "policy"  ? &filter.policy
                                              : words[i] == "state" ? &filter.state
                                              : words[i] == "text"  ? &filter.text
                                                                    : nullptr;
    if (place == nullptr || *place || i + 1 == words.size()) return unreadable();
    Result<std::string> value = core::percent_decode(words[i + 1]);
    if (!value) return unreadable();
    *place = std::move(*value);
  }
  if (filter.state && *filter.state != "waiting" && *filter.state != "approved" &&
      *filter.state != "rejected")
    return refused("a state is waiting, approved or rejected");
  return filter;
}

class ListApprovalsCommand final : public ControlCommand {
 public:
  explicit ListApprovalsCommand(ApprovalList& list) : list_(list) {}
  [[nodiscard]] std::string_view usage() const override {
    return "approvals-list [policy NAME] [state waiting|approved|rejected] [text TEXT]; names "
           "percent-encoded";
  }
  Flow<std::string> run(std::vector<std::string> words, ControlProgress* progress) override {
    const Filter filter = co_await read_filter(words, usage());
    std::vector<Approval> all = list_.all();
    std::erase_if(all, [&filter](const Approval& approval) { return !filter.takes(approval); });
    for (const Approval& approval : all) co_await progress->say(line_of(approval));
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

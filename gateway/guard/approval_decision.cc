#include "gateway/guard/approval_decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gateway {
namespace {

constexpr std::array<std::pair<std::string_view, ApprovalAct>, 3> kActs{
    {{"approve", ApprovalAct::approve},
     {"reject", ApprovalAct::reject},
     {"withdraw", ApprovalAct::withdraw}}};

AuditAct audit_act_of(ApprovalAct act) {
  switch (act) {
    case ApprovalAct::approve:
      return AuditAct::access_approved;
    case ApprovalAct::reject:
      return AuditAct::access_rejected;
    case ApprovalAct::withdraw:
      break;
  }
  return AuditAct::access_withdrawn;
}

/// " until 2026-11-22"; an end is the moment with which its last day ends.
std::string end_in_words(const Approval& approval) {
  if (!approval.until) return {};
  std::string text;
  core::append_timestamp(text, *approval.until - std::chrono::seconds(1));
  return " until " + text.substr(0, 10);
}

}  // namespace

std::string_view name_of(ApprovalAct act) {
  const auto found = std::ranges::find(kActs, act, [](const auto& known) { return known.second; });
  return found == kActs.end() ? std::string_view() : found->first;
}

std::optional<ApprovalAct> approval_act_named(std::string_view name) {
  const auto found = std::ranges::find(kActs, name, [](const auto& known) { return known.first; });
  if (found == kActs.end()) return std::nullopt;
  return found->second;
}

ApprovalEvent event_of(ApprovalAct act) {
  switch (act) {
    case ApprovalAct::approve:
      return ApprovalEvent::approved;
    case ApprovalAct::reject:
      return ApprovalEvent::rejected;
    case ApprovalAct::withdraw:
      break;
  }
  return ApprovalEvent::withdrawn;
}

ApprovalLine::ApprovalLine(const ApprovalDecision& decision, const Approval& next)
    : ApprovalLine(decision.note, audit_act_of(decision.act),
                   fmt::format("policy {}: {} ({}, subject {}){}", next.policy, shown_name(next),
                               next.provider, next.subject, end_in_words(next))) {}

void ApprovalLine::write(std::string_view end) {
  const AuditNote note = std::exchange(note_, nullptr);
  if (note) note(act_, text_.append(end));
}

}  // namespace gateway

// The page on which administrators decide who may enter: those who wait, those who were approved, those who
// were rejected, a form for each. Works without a script and by keyboard. Values in, HTML out; who may see it
// is gateway/answer's.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gateway/pages/words.h"

namespace gateway {

/// Somebody who asked. Texts as their provider told them, escaped when they are shown.
struct ApprovalRow {
  std::string who;  ///< e-mail, else name, else user name or subject
  std::string email;
  bool email_is_verified = false;
  std::string name;
  std::string provider;  ///< its title
  std::string issuer;
  std::string subject;
  std::string policy;
  std::string asked;    ///< a moment, ready to show
  std::string decided;  ///< the same; empty: not yet
  std::string by;
  std::string until;  ///< the last day; empty: without an end
  std::string token;  ///< of the form
  bool is_oneself = false;
};

struct ApprovalsList {
  std::string action;     ///< where forms go
  std::string first_day;  ///< the earliest end that may be chosen, 2026-11-22
  std::vector<ApprovalRow> waiting;
  std::vector<ApprovalRow> approved;
  std::vector<ApprovalRow> rejected;
  std::size_t left_out = 0;  ///< of all three, for a page has its limits
};

// What the forms send.
inline constexpr std::string_view kApprovalTokenField = "token";
inline constexpr std::string_view kApprovalActField = "act";
inline constexpr std::string_view kApprovalUntilField = "until";

/// The sections of the page.
std::string approvals_html(const ApprovalsList& list, const ApprovalsWords& words);

}  // namespace gateway

// The pages of those whom a policy does not admit, and of those who decide about them.
#include <fmt/format.h>

#include "gateway/pages/account_page.h"
#include "gateway/pages/approvals_page.h"
#include "gateway/pages/html.h"
#include "gateway/pages/languages.h"
#include "gateway/pages/layout.h"
#include "gateway/pages/pages.h"

namespace gateway {
namespace {

/// `usual`: what is said where nobody decides here.
GappedPhrase message_for(const AccessAsked& asked, const AccessWords& words, GappedPhrase usual) {
  switch (asked.standing) {
    case AccessAsked::Standing::offered:
      return words.offered;
    case AccessAsked::Standing::waiting:
      return words.waiting;
    case AccessAsked::Standing::rejected:
      return words.rejected;
    case AccessAsked::Standing::not_taken:
      return words.not_taken;
    case AccessAsked::Standing::none:
      break;
  }
  return usual;
}

void fill_who(PageValues& values, const Words& words, const SignedInAs& who, const AccessAsked& asked) {
  const CommonWords& common = words.common;
  values[PageSlot::user] = escape_html(who.user);
  values[PageSlot::provider] = escape_html(who.provider);
  values[PageSlot::sign_out_url] = link_value(who.sign_out_href);
  values[PageSlot::retry_url] = link_value(asked.check_again_href);
  values[PageSlot::details] =
      details_list({{common.signed_in_as.text(), who.user}, {common.signed_in_with.text(), who.provider}});
  std::string& actions = values[PageSlot::actions];
  if (asked.standing == AccessAsked::Standing::offered)
    actions = action_form(words.access.ask.text(), asked.action, asked.hidden);
  actions.append(action_link(words.access.check_again.text(), asked.check_again_href, ActionWeight::other));
  actions.append(action_link(common.another_account.text(), who.sign_out_href, ActionWeight::other));
}

}  // namespace

Reply Pages::denied(const Request& request, const SignedInAs& who, const AccessAsked& asked) const {
  if (asked.standing == AccessAsked::Standing::waiting) return pending(request, who, asked);
  Draft made = draft(request, 403);
  const AccessWords& words = made.words.access;
  const std::string host = fmt::format("<strong>{}</strong>", made.values[PageSlot::host]);
  made.values[PageSlot::heading] = words.denied.text();
  made.values[PageSlot::message] = paragraph(message_for(asked, words, words.denied_message).with(host));
  fill_who(made.values, made.words, who, asked);
  made.values[PageSlot::navigation] = account_navigation(made.words, look_.account, {});
  Reply reply = page(Kind::denied, made);
  return asked.hidden.empty() ? reply : with_own_referrer(std::move(reply));
}

Reply Pages::pending(const Request& request, const SignedInAs& who, const AccessAsked& asked) const {
  if (asked.standing == AccessAsked::Standing::rejected) return denied(request, who, asked);
  Draft made = draft(request, 403);
  const AccessWords& words = made.words.access;
  const std::string host = fmt::format("<strong>{}</strong>", made.values[PageSlot::host]);
  made.values[PageSlot::heading] = words.pending.text();
  made.values[PageSlot::message] = paragraph(message_for(asked, words, words.pending_message).with(host));
  fill_who(made.values, made.words, who, asked);
  made.values[PageSlot::navigation] = account_navigation(made.words, look_.account, {});
  return page(Kind::pending, made);
}

Reply Pages::approvals(const Request& request, const ApprovalsList& list) const {
  Draft made = draft(request, 200);
  const ApprovalsWords& words = made.words.approvals;
  made.values[PageSlot::heading] = words.heading.text();
  const bool is_empty = list.waiting.empty() && list.approved.empty() && list.rejected.empty();
  made.values[PageSlot::message] = paragraph((is_empty ? words.nobody : words.decide).text());
  made.values[PageSlot::details] = approvals_html(list, words);
  made.values[PageSlot::navigation] =
      account_navigation(made.words, look_.account, look_.account.approvals, Role::administrator);
  return with_own_referrer(built_in(made));
}

}  // namespace gateway

#include "gateway/pages/account_page.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "gateway/pages/html.h"
#include "gateway/pages/layout.h"

namespace gateway {
namespace {

/// The same in every language, and in every time zone.
std::string moment(core::WallTime time) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(core::unix_seconds(time)));
}

void append_link(std::string& out, std::string_view text, std::string_view href, std::string_view current) {
  if (!is_page_link(href)) return;
  out.append(fmt::format("<a href=\"{}\"{}>{}</a>", escape_html(href, href.size()),
                         href == current ? " aria-current=\"page\"" : "", text));
}

}  // namespace

std::string app_list(const AppWords& words, const std::vector<AppLink>& apps) {
  std::string list;
  for (const AppLink& app : apps) {
    const std::string link = action_link(app.text, app.href, ActionWeight::other);
    if (!link.empty()) list.append("<li>").append(link).append("</li>");
  }
  return list.empty() ? fmt::format("<p>{}</p>", words.none.text()) : "<ul>" + list + "</ul>";
}

std::string session_details(const Words& words, const SessionPage& page) {
  return details_list({{words.common.signed_in_as.text(), page.who.user},
                       {words.common.signed_in_with.text(), page.who.provider},
                       {words.sessions.since.text(), moment(page.since)},
                       {words.sessions.until.text(), moment(page.until)}});
}

std::string session_actions(const Words& words, const std::string& action) {
  return action_form(words.sign_out.yes.text(), action, {}, ActionWeight::other)
      .append(
          action_form(words.sessions.everywhere.text(), action, {{"everywhere", "yes"}}, ActionWeight::other))
      .append(fmt::format("<p>{}</p>", words.sessions.everywhere_ends.text()));
}

std::string other_sessions(const Words& words, const SessionPage& page) {
  const SessionWords& about = words.sessions;
  if (!page.all_href.empty()) return action_link(about.all.text(), page.all_href, ActionWeight::other);
  if (!page.others_are_known) return fmt::format("<p role=\"alert\">{}</p>", about.not_known.text());
  if (page.others.empty()) return {};
  std::string html = fmt::format("<section><h2>{}</h2>", about.others.text());
  for (const OtherSession& other : page.others) {
    html.append("<article class=\"card\">")
        .append(details_list({{about.program.text(), other.program},
                              {about.network.text(), other.network},
                              {about.since.text(), moment(other.since)},
                              {about.until.text(), moment(other.until)}}))
        .append(action_form(about.end.text(), page.action, {{std::string(kSessionTokenField), other.token}},
                            ActionWeight::other))
        .append("</article>");
  }
  return html.append("</section>");
}

std::string account_navigation(const Words& words, const AccountLinks& links, std::string_view current,
                               Role role) {
  std::string all;
  append_link(all, words.account.apps.text(), links.apps, current);
  append_link(all, words.account.sessions.text(), links.sessions, current);
  append_link(all, words.account.tokens.text(), links.tokens, current);
  if (role == Role::administrator) append_link(all, words.account.approvals.text(), links.approvals, current);
  append_link(all, words.sign_out.yes.text(), links.sign_out, current);
  return all.empty() ? all : fmt::format("<nav aria-label=\"{}\">{}</nav>", words.account.label.text(), all);
}

}  // namespace gateway

#include "gateway/pages/pages.h"

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/text/url.h"
#include "gateway/pages/html.h"
#include "gateway/pages/layout.h"
#include "gateway/pages/status_text.h"

namespace gateway {
namespace {

std::string paragraph(std::string_view text) {
  return fmt::format("<p>{}</p>", escape_html(text, 2 * kMaxShownBytes));
}

PageTemplate parsed_built_in() {
  auto made = PageTemplate::parse(built_in_page());
  CHECK(made.has_value());
  return std::move(*made);
}

// Only what parses: this goes into a header field.
std::string origins_of(const std::vector<std::string>& urls) {
  std::string origins;
  for (const std::string& text : urls) {
    const auto url = core::parse_url(text);
    if (url) origins.append(origins.empty() ? "" : " ").append(url->origin());
  }
  return origins;
}

// A link for an operator's own page: nothing where the built-in one would show no button.
std::string link_value(std::string_view href) {
  return is_page_link(href) ? escape_html(href, href.size()) : std::string();
}

Reply html_reply(int status, std::string_view policy, std::string body) {
  Reply reply;
  reply.status = status;
  reply.with("Content-Type", "text/html; charset=utf-8").with("Cache-Control", "no-store");
  reply.with("Content-Security-Policy", policy);
  reply.with("X-Content-Type-Options", "nosniff").with("Referrer-Policy", "no-referrer");
  reply.body = std::move(body);
  return reply;
}

void fill_who(PageValues& values, const SignedInAs& who) {
  values[PageSlot::user] = escape_html(who.user);
  values[PageSlot::provider] = escape_html(who.provider);
  values[PageSlot::sign_out_url] = link_value(who.sign_out_href);
  values[PageSlot::details] = details_list({{"Signed in as", who.user}, {"With", who.provider}});
  values[PageSlot::actions] = action_link("Use another account", who.sign_out_href, ActionWeight::other);
}

}  // namespace

Pages::Pages(std::string title, PageFiles files)
    : title_(std::move(title)), files_(std::move(files)), built_in_(parsed_built_in()) {}

std::string_view Pages::name_of(Kind kind) {
  switch (kind) {
    case Kind::sign_in:
      return "sign_in";
    case Kind::denied:
      return "denied";
    case Kind::pending:
      return "pending";
    case Kind::sign_out:
      return "sign_out";
    case Kind::signed_out:
      return "signed_out";
    case Kind::session_ended:
      return "session_ended";
    case Kind::error:
      return "error";
  }
  return "error";
}

const PageTemplate* Pages::file_of(Kind kind) const {
  for (const auto& [name, page] : files_.pages) {
    if (name == name_of(kind)) return &page;
  }
  return nullptr;
}

PageValues Pages::values_for(const Request& request, int status) const {
  PageValues values;
  values[PageSlot::title] = escape_html(title_.empty() ? request.host : std::string_view(title_));
  values[PageSlot::host] = escape_html(request.host);
  values[PageSlot::request_id] = escape_html(request.id);
  values[PageSlot::status] = fmt::format("{}", status);
  if (status != 200) values[PageSlot::footer] = reference_footer(request.id);
  return values;
}

Reply Pages::built_in(int status, const PageValues& values, std::string_view form_targets) const {
  return html_reply(status, built_in_.policy(PageTemplate::Loads::nothing, form_targets),
                    built_in_.fill(values));
}

Reply Pages::page(Kind kind, int status, PageValues values, std::string_view form_targets) const {
  const PageTemplate* file = file_of(kind);
  if (file == nullptr) return built_in(status, values, form_targets);
  return html_reply(status, file->policy(PageTemplate::Loads::images_and_files, form_targets),
                    file->fill(values));
}

Reply Pages::sign_in(const Request& request, const std::vector<ProviderLink>& providers,
                     std::string_view destination) const {
  PageValues values = values_for(request, 200);
  values[PageSlot::heading] = "Sign in";
  if (!destination.empty()) {
    values[PageSlot::message] =
        fmt::format("<p>To continue to <strong>{}</strong></p>", escape_html(destination));
  }
  std::string& actions = values[PageSlot::actions];
  for (const ProviderLink& provider : providers) {
    const ActionWeight weight = providers.size() == 1 ? ActionWeight::main : ActionWeight::other;
    actions.append(action_link("Continue with " + provider.title, provider.href, weight));
  }
  if (!providers.empty()) values[PageSlot::sign_in_url] = link_value(providers.front().href);
  return page(Kind::sign_in, 200, std::move(values));
}

Reply Pages::denied(const Request& request, const SignedInAs& who) const {
  PageValues values = values_for(request, 403);
  values[PageSlot::heading] = "You do not have access";
  values[PageSlot::message] = fmt::format(
      "<p>Your account may not open <strong>{}</strong>. If it should, ask the people who run this site and "
      "give them the reference below.</p>",
      values[PageSlot::host]);
  fill_who(values, who);
  return page(Kind::denied, 403, std::move(values));
}

Reply Pages::pending(const Request& request, const SignedInAs& who) const {
  PageValues values = values_for(request, 403);
  values[PageSlot::heading] = "Waiting for approval";
  values[PageSlot::message] = fmt::format(
      "<p>Your account has not been approved for <strong>{}</strong> yet. Ask the people who run this site "
      "and "
      "give them the reference below; once they approve it, reload this page.</p>",
      values[PageSlot::host]);
  fill_who(values, who);
  return page(Kind::pending, 403, std::move(values));
}

Reply Pages::confirm_sign_out(const Request& request, const SignOutForm& form) const {
  PageValues values = values_for(request, 200);
  values[PageSlot::heading] = "Sign out?";
  values[PageSlot::message] = paragraph("You will be signed out of every app that uses this sign-in.");
  values[PageSlot::actions] = action_form("Sign out", form.action, form.hidden)
                                  .append(action_link("Stay signed in", form.back_href, ActionWeight::other));
  return page(Kind::sign_out, 200, std::move(values), origins_of(form.form_targets));
}

Reply Pages::signed_out(const Request& request, std::string_view sign_in_href) const {
  PageValues values = values_for(request, 200);
  values[PageSlot::heading] = "You are signed out";
  values[PageSlot::message] = paragraph("On a shared computer, close the browser as well.");
  values[PageSlot::sign_in_url] = link_value(sign_in_href);
  values[PageSlot::actions] = action_link("Sign in again", sign_in_href, ActionWeight::other);
  return page(Kind::signed_out, 200, std::move(values));
}

Reply Pages::session_ended(const Request& request, std::string_view sign_in_href) const {
  PageValues values = values_for(request, 401);
  values[PageSlot::heading] = "Your session has ended";
  values[PageSlot::message] =
      paragraph("What you sent was not processed. Sign in, then go back and send it once more.");
  values[PageSlot::sign_in_url] = link_value(sign_in_href);
  values[PageSlot::actions] = action_link("Sign in", sign_in_href, ActionWeight::main);
  return page(Kind::session_ended, 401, std::move(values));
}

Reply Pages::session_ended(const Request& request, const UnsentForm& form) const {
  PageValues values = values_for(request, 401);
  values[PageSlot::heading] = "Your session has ended";
  values[PageSlot::message] = paragraph(
      "What you sent was not processed, but this page holds it. Sign in, which opens another tab, then come "
      "back to this one and send it.");
  values[PageSlot::sign_in_url] = link_value(form.sign_in_href);
  values[PageSlot::actions] =
      new_tab_link("Sign in", form.sign_in_href).append(action_form("Send", form.action, form.fields));
  // Where the app redirects after it took the form is the app's business.
  Reply reply = page(Kind::session_ended, 401, std::move(values), "https:");
  for (auto& [name, value] : reply.fields) {
    if (name == "Referrer-Policy") value = "same-origin";
  }
  return reply;
}

Reply Pages::error(const Request& request, const ErrorText& text) const {
  PageValues values = values_for(request, text.status);
  values[PageSlot::heading] = escape_html(text.heading);
  values[PageSlot::message] = paragraph(text.message);
  values[PageSlot::retry_url] = link_value(text.retry_href);
  values[PageSlot::actions] = action_link(text.retry_text, text.retry_href, ActionWeight::main);
  return page(Kind::error, text.status, std::move(values));
}

Reply Pages::error(const Request& request, int status) const {
  const StatusText fixed = status_text(status);
  ErrorText text;
  text.status = status;
  text.heading = fixed.heading;
  text.message = fixed.message;
  return error(request, text);
}

}  // namespace gateway

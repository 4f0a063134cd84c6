#include "gateway/pages/pages.h"

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/text/url.h"
#include "gateway/pages/account_page.h"
#include "gateway/pages/html.h"
#include "gateway/pages/languages.h"
#include "gateway/pages/layout.h"
#include "gateway/pages/status_text.h"

namespace gateway {
namespace {

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

Reply html_reply(int status, const Words& words, std::string_view policy, std::string body) {
  Reply reply;
  reply.status = status;
  reply.with("Content-Type", "text/html; charset=utf-8").with("Cache-Control", "no-store");
  reply.with("Content-Language", words.tag).with("Vary", "Accept-Language");
  reply.with("Content-Security-Policy", policy);
  reply.with("X-Content-Type-Options", "nosniff").with("Referrer-Policy", "no-referrer");
  reply.body = std::move(body);
  return reply;
}

}  // namespace

Pages::Pages(PageLook look)
    : look_(std::move(look)),
      mark_(look_.logo.empty() ? std::string(built_in_mark()) : logo_picture(look_.logo)),
      help_(support_link(look_.support)),
      built_in_(parsed_built_in()) {}

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
    case Kind::tokens:
      return "tokens";
    case Kind::apps:
      return "apps";
    case Kind::sessions:
      return "sessions";
    case Kind::device:
      return "device";
    case Kind::error:
      return "error";
  }
  return "error";
}

const PageTemplate* Pages::file_of(Kind kind, std::string_view language) const {
  const PageTemplate* any = nullptr;
  for (const PageFile& file : look_.files) {
    if (file.name != name_of(kind)) continue;
    if (file.language == language) return &file.page;
    if (file.language.empty()) any = &file.page;
  }
  return any;
}

Pages::Draft Pages::draft(const Request& request, int status) const {
  Draft draft{words_for(request), status, {}, {}};
  PageValues& values = draft.values;
  values[PageSlot::language] = draft.words.tag;
  values[PageSlot::title] = escape_html(look_.title.empty() ? request.host : std::string_view(look_.title));
  values[PageSlot::host] = escape_html(request.host);
  values[PageSlot::request_id] = escape_html(request.id);
  values[PageSlot::status] = fmt::format("{}", status);
  values[PageSlot::logo] = mark_;
  values[PageSlot::support] = help_;
  const CommonWords& words = draft.words.common;
  const std::string_view id = status == 200 ? std::string_view() : request.id;
  values[PageSlot::footer] = page_footer({words.reference.text(), id, words.help.text(), help_});
  return draft;
}

Reply Pages::built_in(const Draft& draft) const {
  const auto loads = look_.logo.empty() ? PageTemplate::Loads::nothing : PageTemplate::Loads::held_pictures;
  return html_reply(draft.status, draft.words, built_in_.policy(loads, draft.form_targets),
                    built_in_.fill(draft.values));
}

Reply Pages::page(Kind kind, const Draft& draft) const {
  const PageTemplate* file = file_of(kind, draft.words.tag);
  if (file == nullptr) return built_in(draft);
  return html_reply(draft.status, draft.words,
                    file->policy(PageTemplate::Loads::images_and_files, draft.form_targets),
                    file->fill(draft.values));
}

Reply Pages::sign_in(const Request& request, const std::vector<ProviderLink>& providers,
                     std::string_view destination) const {
  Draft made = draft(request, 200);
  const SignInWords& words = made.words.sign_in;
  made.values[PageSlot::heading] = words.heading.text();
  if (!destination.empty()) {
    const std::string host = fmt::format("<strong>{}</strong>", escape_html(destination));
    made.values[PageSlot::message] = paragraph(words.destination.with(host));
  }
  std::string& actions = made.values[PageSlot::actions];
  for (const ProviderLink& provider : providers) {
    const ActionWeight weight = providers.size() == 1 ? ActionWeight::main : ActionWeight::other;
    actions.append(action_link(words.continue_with.with(provider.title), provider.href, weight));
  }
  if (!providers.empty()) made.values[PageSlot::sign_in_url] = link_value(providers.front().href);
  return page(Kind::sign_in, made);
}

Reply Pages::confirm_sign_out(const Request& request, const SignOutForm& form) const {
  Draft made = draft(request, 200);
  const SignOutWords& words = made.words.sign_out;
  made.values[PageSlot::heading] = words.ask.heading.text();
  made.values[PageSlot::message] = paragraph(words.ask.message.text());
  made.values[PageSlot::actions] =
      action_form(words.yes.text(), form.action, form.hidden)
          .append(action_link(words.no.text(), form.back_href, ActionWeight::other));
  made.form_targets = origins_of(form.form_targets);
  return page(Kind::sign_out, made);
}

Reply Pages::signed_out(const Request& request, std::string_view sign_in_href) const {
  Draft made = draft(request, 200);
  const SignOutWords& words = made.words.sign_out;
  made.values[PageSlot::heading] = words.done.heading.text();
  made.values[PageSlot::message] = paragraph(words.done.message.text());
  made.values[PageSlot::sign_in_url] = link_value(sign_in_href);
  made.values[PageSlot::actions] = action_link(words.sign_in_again.text(), sign_in_href, ActionWeight::other);
  return page(Kind::signed_out, made);
}

Reply Pages::session_ended(const Request& request, std::string_view sign_in_href) const {
  Draft made = draft(request, 401);
  const SessionEndedWords& words = made.words.session_ended;
  made.values[PageSlot::heading] = words.heading.text();
  made.values[PageSlot::message] = paragraph(words.is_lost.text());
  made.values[PageSlot::sign_in_url] = link_value(sign_in_href);
  made.values[PageSlot::actions] = action_link(words.sign_in.text(), sign_in_href, ActionWeight::main);
  return page(Kind::session_ended, made);
}

Reply Pages::session_ended(const Request& request, const UnsentForm& form) const {
  Draft made = draft(request, 401);
  const SessionEndedWords& words = made.words.session_ended;
  made.values[PageSlot::heading] = words.heading.text();
  made.values[PageSlot::message] = paragraph(words.is_kept.text());
  made.values[PageSlot::sign_in_url] = link_value(form.sign_in_href);
  made.values[PageSlot::actions] =
      new_tab_link(words.sign_in.text(), form.sign_in_href, ActionWeight::main)
          .append(action_form(words.send.text(), form.action, form.fields, ActionWeight::other));
  // Where the app redirects after it took the form is the app's business.
  made.form_targets = "https:";
  return with_own_referrer(page(Kind::session_ended, made));
}

Reply Pages::device(const Request& request, int status, const DevicePage& device) const {
  Draft made = draft(request, status);
  const DeviceWords& words = made.words.device;
  Phrase heading = words.heading;
  if (device.step == DeviceStep::allowed) heading = words.allowed;
  if (device.step == DeviceStep::denied) heading = words.denied;
  made.values[PageSlot::heading] = heading.text();
  made.values[PageSlot::message] = device_messages(made.words, device);
  made.values[PageSlot::details] = device_details(made.words, device);
  made.values[PageSlot::actions] = device_actions(made.words, device);
  return with_own_referrer(page(Kind::device, made));
}

Reply Pages::tokens(const Request& request, int status, const TokenPage& tokens) const {
  Draft made = draft(request, status);
  const TokenWords& words = made.words.tokens;
  made.values[PageSlot::heading] = words.heading.text();
  made.values[PageSlot::message] = token_messages(words, tokens);
  made.values[PageSlot::details] = token_list(words, tokens);
  made.values[PageSlot::actions] = token_form(words, tokens);
  made.values[PageSlot::navigation] =
      account_navigation(made.words, look_.account, look_.account.tokens, tokens.role);
  return with_own_referrer(page(Kind::tokens, made));
}

Reply Pages::apps(const Request& request, const std::vector<AppLink>& apps, Role role) const {
  Draft made = draft(request, 200);
  const AppWords& words = made.words.apps;
  made.values[PageSlot::heading] = words.heading.text();
  if (!apps.empty()) made.values[PageSlot::message] = paragraph(words.introduction.text());
  made.values[PageSlot::actions] = app_list(words, apps);
  made.values[PageSlot::navigation] = account_navigation(made.words, look_.account, look_.account.apps, role);
  return page(Kind::apps, made);
}

Reply Pages::session(const Request& request, const SessionPage& session) const {
  Draft made = draft(request, 200);
  const SessionWords& words = made.words.sessions;
  made.values[PageSlot::heading] = words.heading.text();
  made.values[PageSlot::message] = paragraph(words.introduction.text());
  made.values[PageSlot::user] = escape_html(session.who.user);
  made.values[PageSlot::provider] = escape_html(session.who.provider);
  made.values[PageSlot::sign_out_url] = link_value(session.who.sign_out_href);
  made.values[PageSlot::details] = session_details(made.words, session);
  made.values[PageSlot::actions] =
      session_actions(made.words, session.who.sign_out_href).append(other_sessions(made.words, session));
  made.values[PageSlot::navigation] =
      account_navigation(made.words, look_.account, look_.account.sessions, session.role);
  // Where the sign-out goes on to: Chromium holds the redirects of a form against form-action as well.
  made.form_targets = origins_of(session.form_targets);
  return with_own_referrer(page(Kind::sessions, made));
}

Reply Pages::break_glass(const Request& request, int status, const BreakGlassPage& asked) const {
  Draft made = draft(request, status);
  const BreakGlassWords& words = made.words.break_glass;
  made.values[PageSlot::heading] = words.heading.text();
  made.values[PageSlot::message] = break_glass_messages(words, asked.problem);
  made.values[PageSlot::actions] = break_glass_form(words, asked);
  // Browsers hold the redirect that follows the post against form-action.
  made.form_targets = origins_of({asked.target});
  return with_own_referrer(built_in(made));
}

Reply Pages::error(const Request& request, const ErrorText& text) const {
  Draft made = draft(request, text.status);
  made.values[PageSlot::heading] = text.notice.heading.text();
  made.values[PageSlot::message] = paragraph(text.notice.message.text());
  made.values[PageSlot::retry_url] = link_value(text.retry_href);
  made.values[PageSlot::actions] =
      action_link(made.words.common.try_again.text(), text.retry_href, ActionWeight::main);
  return page(Kind::error, made);
}

Reply Pages::error(const Request& request, int status) const {
  return error(request, {status, words_for(request).statuses.*status_text(status).notice, {}});
}

}  // namespace gateway

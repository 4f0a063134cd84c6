// Every page that the gateway shows of its own: sign-in, refusals, sign-out, errors. One quiet layout, no
// script (but one, which no page needs), nothing loaded from anywhere, in the language that the browser asks
// for; an operator may replace each by a file. Pure: values in, a whole Reply out. Answers for programs are
// json_error.h's; which of the two a client gets is the caller's decision (audience_of).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/pages/break_glass_page.h"
#include "gateway/pages/device_page.h"
#include "gateway/pages/page_look.h"
#include "gateway/pages/page_template.h"
#include "gateway/pages/token_page.h"
#include "gateway/pages/words.h"

namespace gateway {

/// A way to sign in: "Google" and the URL that starts it.
struct ProviderLink {
  std::string title;
  std::string href;
};

/// Who is signed in, as shown to that person.
struct SignedInAs {
  std::string user;           ///< e-mail, else name or login; empty: not shown
  std::string provider;       ///< the provider's title
  std::string sign_out_href;  ///< empty: no link
};

/// Where somebody stands whom a policy does not admit, and what they can do about it.
struct AccessAsked {
  enum class Standing {
    none,      ///< nobody decides here: they can only tell the people who run the site
    offered,   ///< they may ask
    waiting,   ///< they have asked
    rejected,  ///< and an administrator said no
    not_taken  ///< the queue is full, or cannot be written
  };
  Standing standing = Standing::none;
  std::string check_again_href;                             ///< signs in anew; empty: no button
  std::string action;                                       ///< where the form goes that asks
  std::vector<std::pair<std::string, std::string>> hidden;  ///< its fields
};

struct ApprovalsList;  // approvals_page.h

/// An error that is not just its status. Never an error's own text.
struct ErrorText {
  int status;
  Notice notice;           ///< of words_for(request)
  std::string retry_href;  ///< empty: no button
};

/// The page that asks before signing out; its button posts the fields.
struct SignOutForm {
  std::string action;                                       ///< path on this host
  std::vector<std::pair<std::string, std::string>> hidden;  ///< name, value
  std::string back_href = "/";
  /// URLs whose origins the answer to the post may redirect to (the provider's end-session endpoint):
  /// Chromium holds the redirects of a form against form-action as well and stays on the page otherwise.
  std::vector<std::string> form_targets;
};

/// What was sent without a session, to be sent again by the person.
struct UnsentForm {
  std::string action;                                       ///< path and query on this host
  std::string sign_in_href;                                 ///< opens in a tab of its own
  std::vector<std::pair<std::string, std::string>> fields;  ///< UTF-8 without zero bytes
};

/// The page that goes on by itself, with what stands behind "#" in the browser if it runs our script.
struct FragmentForm {
  std::string action;   ///< path and query on this host; gets the field by POST
  std::string without;  ///< the same for browsers without scripts
  std::string name;     ///< of the field
  std::string script;   ///< path of fragment_script() on this host
};

/// Where below login.prefix it is.
inline constexpr std::string_view kFragmentScriptPath = "/static/keep_fragment.js";
/// The only script there is: fills the field and sends the form.
std::string_view fragment_script();

struct AppLink;
struct SessionPage;

/// Immutable; shared by all who answer. Every page: text/html in UTF-8, no-store, no-referrer, nosniff, a
/// Content-Security-Policy of 'none' but for its own style; Content-Language, and Vary: Accept-Language. The
/// language and the host come from the request.
class Pages {
 public:
  explicit Pages(PageLook look);

  /// 200: choose how to sign in. One link or many. `destination`: the host that asked, shown if not empty.
  [[nodiscard]] Reply sign_in(const Request& request, const std::vector<ProviderLink>& providers,
                              std::string_view destination = {}) const;
  /// 403 for somebody who is signed in.
  [[nodiscard]] Reply denied(const Request& request, const SignedInAs& who,
                             const AccessAsked& asked = {}) const;
  /// 403: asked for, not yet approved.
  [[nodiscard]] Reply pending(const Request& request, const SignedInAs& who,
                              const AccessAsked& asked = {}) const;
  /// 200, always the built-in page: who asks for access and what was decided.
  [[nodiscard]] Reply approvals(const Request& request, const ApprovalsList& list) const;
  /// 200: asks before signing out.
  [[nodiscard]] Reply confirm_sign_out(const Request& request, const SignOutForm& form) const;
  /// 200. `sign_in_href` empty: no link.
  [[nodiscard]] Reply signed_out(const Request& request, std::string_view sign_in_href) const;
  /// 401 for a navigation that cannot be redirected: what was sent with it is lost.
  [[nodiscard]] Reply session_ended(const Request& request, std::string_view sign_in_href) const;
  /// The same where nothing is lost: the page holds the form. Its own origin is its referrer, so that what is
  /// sent from it bears that as Origin.
  [[nodiscard]] Reply session_ended(const Request& request, const UnsentForm& form) const;
  /// 200, always the built-in page: no script of others runs beside ours.
  [[nodiscard]] Reply ask_fragment(const Request& request, const FragmentForm& form) const;
  /// 200: what the person may open, in this order.
  [[nodiscard]] Reply apps(const Request& request, const std::vector<AppLink>& apps,
                           Role role = Role::person) const;
  /// 200: the person's session.
  [[nodiscard]] Reply session(const Request& request, const SessionPage& session) const;
  /// What lets a device in, or does not.
  [[nodiscard]] Reply device(const Request& request, int status, const DevicePage& device) const;
  /// Always the built-in page: it must work when little else does.
  [[nodiscard]] Reply break_glass(const Request& request, int status, const BreakGlassPage& asked) const;
  /// A person's own tokens.
  [[nodiscard]] Reply tokens(const Request& request, int status, const TokenPage& tokens) const;
  [[nodiscard]] Reply error(const Request& request, const ErrorText& text) const;
  /// The error page with the fixed sentences of a status (status_text.h).
  [[nodiscard]] Reply error(const Request& request, int status) const;

 private:
  enum class Kind {
    sign_in,
    denied,
    pending,
    sign_out,
    signed_out,
    session_ended,
    tokens,
    device,
    apps,
    sessions,
    error
  };
  /// A page on its way to a Reply.
  struct Draft {
    const Words& words;
    int status;
    PageValues values;
    std::string form_targets;  ///< source expressions of form-action beside 'self'
  };
  static std::string_view name_of(Kind kind);
  [[nodiscard]] const PageTemplate* file_of(Kind kind, std::string_view language) const;
  [[nodiscard]] Draft draft(const Request& request, int status) const;
  [[nodiscard]] Reply built_in(const Draft& draft) const;
  [[nodiscard]] Reply page(Kind kind, const Draft& draft) const;

  PageLook look_;
  std::string mark_;  // HTML
  std::string help_;  // HTML; empty: nobody
  PageTemplate built_in_;
};

}  // namespace gateway

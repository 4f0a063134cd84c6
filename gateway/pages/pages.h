// Every page that the gateway shows of its own: sign-in, refusals, sign-out, errors. One quiet layout, no
// script (but one, which no page needs), nothing loaded from anywhere; an operator may replace each by a
// file. Pure: values in, a whole Reply out. Answers for programs are json_error.h's; which of the two a
// client gets is the caller's decision (audience_of).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/pages/page_template.h"

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

/// An error that is not just its status. Sentences are fixed ones of the caller, never an error's own text.
struct ErrorText {
  int status = 500;
  std::string heading;     ///< "Sign-in did not work"
  std::string message;     ///< what happened and what the person can do
  std::string retry_href;  ///< empty: no button
  std::string retry_text = "Try again";
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

/// The page files of pages.directory, read and parsed; missing ones mean the built-in page.
struct PageFiles {
  std::vector<std::pair<std::string, PageTemplate>> pages;  ///< "denied" and its template
};

/// Reads sign_in.html, denied.html, pending.html, signed_out.html, sign_out.html, session_ended.html and
/// error.html as far as they are there. At most 256 KiB each. The error names the file, the line and what is
/// known.
core::Result<PageFiles> read_page_files(const std::string& directory);

/// Immutable; shared by all who answer. Every page: text/html in UTF-8, no-store, no-referrer, nosniff, a
/// Content-Security-Policy of 'none' but for its own style. Headings and the host come from the request.
class Pages {
 public:
  /// `title` is pages.title; empty: the request's host stands in for it.
  explicit Pages(std::string title, PageFiles files = {});

  /// 200: choose how to sign in. One link or many. `destination`: the host that asked, shown if not empty.
  [[nodiscard]] Reply sign_in(const Request& request, const std::vector<ProviderLink>& providers,
                              std::string_view destination = {}) const;
  /// 403 for somebody who is signed in.
  [[nodiscard]] Reply denied(const Request& request, const SignedInAs& who) const;
  /// 403: asked for, not yet approved.
  [[nodiscard]] Reply pending(const Request& request, const SignedInAs& who) const;
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
  [[nodiscard]] Reply error(const Request& request, const ErrorText& text) const;
  /// The error page with the fixed sentences of a status (status_text.h).
  [[nodiscard]] Reply error(const Request& request, int status) const;

 private:
  enum class Kind { sign_in, denied, pending, sign_out, signed_out, session_ended, error };
  static std::string_view name_of(Kind kind);
  [[nodiscard]] const PageTemplate* file_of(Kind kind) const;
  [[nodiscard]] PageValues values_for(const Request& request, int status) const;
  [[nodiscard]] Reply built_in(int status, const PageValues& values, std::string_view form_targets) const;
  [[nodiscard]] Reply page(Kind kind, int status, PageValues values,
                           std::string_view form_targets = {}) const;

  std::string title_;
  PageFiles files_;
  PageTemplate built_in_;
};

}  // namespace gateway

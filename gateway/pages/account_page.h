// The pages of somebody who is signed in about himself: the apps that he may open, and his session.
#pragma once

#include <string>
#include <vector>

#include "core/base/clock.h"
#include "gateway/pages/pages.h"

namespace gateway {

/// An app that the person may open.
struct AppLink {
  std::string text;  ///< its address without the scheme
  std::string href;
};

/// Another session of the same person.
struct OtherSession {
  core::WallTime since;
  core::WallTime until;
  std::string network;  ///< "192.0.2.0/24"
  std::string program;  ///< "Firefox, Linux"; may be empty
  std::string token;    ///< of the form that ends it
};

/// The form field that has the token.
inline constexpr std::string_view kSessionTokenField = "session";

/// The session of the request, and what its owner can do about it.
struct SessionPage {
  SignedInAs who;
  core::WallTime since;
  core::WallTime until;
  /// As SignOutForm::form_targets.
  std::vector<std::string> form_targets;
  std::string all_href;  ///< of the page that lists the others; empty: it is this one
  bool others_are_known = true;
  std::vector<OtherSession> others;
  std::string action;  ///< where the forms go that end them
  Role role = Role::person;
};

/// The parts of the pages, as HTML.
std::string app_list(const AppWords& words, const std::vector<AppLink>& apps);
std::string session_details(const Words& words, const SessionPage& page);
/// Ends this session, or all of them; `action` is PREFIX/sign_out.
std::string session_actions(const Words& words, const std::string& action);
/// The others with a form each, or the link to their page.
std::string other_sessions(const Words& words, const SessionPage& page);

/// The links between the pages of an account; empty if there are none. `current` is the href of the page.
std::string account_navigation(const Words& words, const AccountLinks& links, std::string_view current,
                               Role role = Role::person);

}  // namespace gateway

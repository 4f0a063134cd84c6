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

/// The session of the request, and what its owner can do about it.
struct SessionPage {
  SignedInAs who;
  core::WallTime since;
  core::WallTime until;
  /// As SignOutForm::form_targets.
  std::vector<std::string> form_targets;
};

/// The parts of the pages, as HTML.
std::string app_list(const AppWords& words, const std::vector<AppLink>& apps);
std::string session_details(const Words& words, const SessionPage& page);
/// Ends this session, or all of them; `action` is PREFIX/sign_out.
std::string session_actions(const Words& words, const std::string& action);

/// The links between the pages of an account; empty if there are none. `current` is the href of the page.
std::string account_navigation(const Words& words, const AccountLinks& links, std::string_view current);

}  // namespace gateway

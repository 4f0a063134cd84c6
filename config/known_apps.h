// Applications that `app:` names: what a route to one gets unless the file says otherwise, and what stands in
// the application's own configuration so that it believes the gateway. One table of plain values; a new
// application is a row of it. Not how a route is read (parse_app.cc).
#pragma once

#include <array>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/types.h"

namespace config {

struct KnownApp {
  std::string_view name;  ///< as written
  IdentityPreset identity = IdentityPreset::none;
  /// Paths below the route's own that pass without a session, and so without identity: for programs that
  /// cannot sign in, which the application asks for passwords or tokens of its own. Empty texts: none.
  std::array<std::string_view, 3> open_paths{};
  std::chrono::milliseconds response_timeout{};  ///< zero: the usual one
  /// What its own configuration says, line by line. "<origin>", "<path>", "<host>", "<prefix>" are the
  /// route's and the sign-in's, "<user>" the field that names the user, "<USER>" the same as CGI writes it,
  /// "<gateway>" where its connections come from; a line about a field that the route does not send is left
  /// out.
  std::string_view settings;
  ForwardToken forward_token = ForwardToken::none;
};

/// By name.
std::span<const KnownApp> known_apps();
/// Null if there is none of this name.
const KnownApp* find_app(std::string_view name);

/// What to write into the configuration of the application behind `route`; empty without `app`.
std::vector<std::string> app_settings(const Route& route, const Config& config);

}  // namespace config

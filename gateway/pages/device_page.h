// The page on which a person lets a device in (RFC 8628 section 3.3): first for the code that the device
// shows, then what asks, for the person's yes or no. It warns of codes that somebody else has sent
// (section 5.4).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/pages/token_page.h"
#include "gateway/pages/words.h"

namespace gateway {

enum class DeviceStep : std::uint8_t { ask_code, decide, allowed, denied };

enum class DeviceProblem : std::uint8_t { none, unknown_code, too_many_codes, not_kept };

struct DevicePage {
  DeviceStep step = DeviceStep::ask_code;
  DeviceProblem problem = DeviceProblem::none;
  std::string action;      ///< path on this host that the forms post to
  std::string form_token;  ///< of all forms of this step
  // Of the one that asks, at `decide`.
  std::string code;
  std::string client;   ///< as the program calls itself
  std::string address;  ///< that it asks from
  std::string asked_at;
  std::string own_address;  ///< the person's
  std::vector<std::string> places;
  long longest_days = 90;
  TokenProblem token_problem = TokenProblem::none;
};

/// The parts of the page, as HTML.
std::string device_messages(const Words& words, const DevicePage& page);
std::string device_details(const Words& words, const DevicePage& page);
std::string device_actions(const Words& words, const DevicePage& page);

}  // namespace gateway

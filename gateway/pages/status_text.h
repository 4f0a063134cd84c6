// The fixed sentences of each status that the gateway answers with, for people and for programs.
#pragma once

#include <string_view>

namespace gateway {

struct StatusText {
  std::string_view code;     ///< for programs: "bad_gateway"; never changes
  std::string_view heading;  ///< "The app is not answering"
  std::string_view message;  ///< what that means and what a person can do
};

/// Statuses without a row of their own get that of 400 or 500.
StatusText status_text(int status);

}  // namespace gateway

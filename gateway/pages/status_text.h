// What each status that the gateway answers with is called: a code for programs, sentences for people.
#pragma once

#include <string_view>

#include "gateway/pages/words.h"

namespace gateway {

struct StatusText {
  std::string_view code;         ///< for programs: "bad_gateway"; never changes
  Notice StatusWords::* notice;  ///< what that means and what a person can do, in each language
};

/// Statuses without a row of their own get that of 400 or 500.
StatusText status_text(int status);

}  // namespace gateway

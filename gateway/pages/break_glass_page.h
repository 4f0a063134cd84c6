// The page on which the operator signs in while no provider can be asked.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/pages/words.h"

namespace gateway {

enum class BreakGlassProblem : std::uint8_t { none, wrong, too_many, unavailable };

struct BreakGlassPage {
  std::string action;  ///< path on this host that the form posts to
  std::string target;  ///< where to go then; empty: nowhere in particular
  BreakGlassProblem problem = BreakGlassProblem::none;
};

/// The parts of the page, as HTML.
std::string break_glass_messages(const BreakGlassWords& words, BreakGlassProblem problem);
std::string break_glass_form(const BreakGlassWords& words, const BreakGlassPage& page);

}  // namespace gateway

// A draft as the text of a gateway.yaml. Whatever stood in the input is data: quoted in values, of one line
// in comments, so that the text loads to what the draft says and to nothing else.
#pragma once

#include <string>

#include "gateway/import/draft.h"

namespace gateway {

/// Where the tests, routes and policies of a settled draft stand in gateway.yaml. Ends with a line end.
std::string write_draft(const Draft& draft);

/// `text` on one line, without bytes that a terminal or a YAML reader acts on.
std::string one_line(std::string_view text);

}  // namespace gateway

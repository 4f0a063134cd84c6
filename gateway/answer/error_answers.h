// Refusals as this client should see them: a page for a person's browser, JSON for a program. Fixed sentences
// and the request's id; what happened is in the log under that id.
#pragma once

#include <memory>
#include <string>

#include "gateway/model/site.h"

namespace gateway {

/// `title` is pages.title.
std::unique_ptr<ErrorAnswers> make_error_answers(std::string title);

}  // namespace gateway

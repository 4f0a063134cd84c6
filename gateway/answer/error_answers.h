// Refusals as this client should see them: a page for a person's browser, JSON for a program. Fixed sentences
// and the request's id; what happened is in the log under that id.
#pragma once

#include <memory>

#include "gateway/model/site.h"
#include "gateway/pages/pages.h"

namespace gateway {

std::unique_ptr<ErrorAnswers> make_error_answers(std::shared_ptr<const Pages> pages);

}  // namespace gateway

// The look of the demo's own two pages: the choice of a person at the provider, and the sample app.
#pragma once

#include <string_view>

#include "gateway/model/reply.h"

namespace gateway {

/// A whole page; `body` is HTML already. `form_targets` are further origins its forms may end up at (CSP
/// form-action).
Reply demo_page(std::string_view title, std::string_view body, std::string_view form_targets = {});

}  // namespace gateway

// A form that was sent after its session had ended, as far as it may be given back to the browser that sent
// it: in hidden fields of a page, to be sent once more after the sign-in. Nothing of it stays here. Kept is
// only what a page of the same origin sent and what hidden fields can say exactly (application/x-www-form-
// urlencoded, WHATWG URL section 5; UTF-8); anybody else's form would come back with a button under our name.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/model/guard.h"
#include "gateway/model/request.h"

namespace gateway {

inline constexpr std::size_t kMaxKeptForm = kMaxRefusedBody;
inline constexpr std::size_t kMaxKeptFields = 1000;

/// Names and values in their order.
using KeptForm = std::vector<std::pair<std::string, std::string>>;

/// Whether the body of this request is worth reading: a POST of a page of this very origin (Sec-Fetch-Site,
/// which no script can write), urlencoded, not longer than kMaxKeptForm as far as its head tells.
bool may_keep_form(const Request& request);
/// Nothing for a body that is no such form, or one without fields.
std::optional<KeptForm> read_kept_form(std::string_view body);

}  // namespace gateway

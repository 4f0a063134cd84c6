// Cookies that renew a session, put onto an answer that somebody else wrote: never where a cache in between
// could keep them and give one person's session to the next. RFC 9111 section 3 lets such a cache store an
// answer with Set-Cookie like any other (section 7.3).
#pragma once

#include <string>
#include <vector>

#include "core/http/fields.h"

namespace gateway {

/// Adds Set-Cookie for each of `cookies`, which must live as long as `fields`, and "Cache-Control: private"
/// unless the answer is private already or not to be stored at all. An answer that is meant for shared caches
/// (public, s-maxage, RFC 9213 and its elder kin) stays as it is: a renewal comes with the next answer.
void add_own_cookies(core::Fields& fields, const std::vector<std::string>& cookies);

}  // namespace gateway

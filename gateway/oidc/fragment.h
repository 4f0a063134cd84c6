// What stands behind the "#" of a URL (RFC 3986 section 3.5). Browsers keep it to themselves and through
// redirects, and lose it at the provider's page; so a page of login.host with a script hands it in before
// that, it is sealed with the rest of the sign-in, and stands in the last redirect. It is the browser's own
// word about itself and decides nothing.
#pragma once

#include <string>
#include <string_view>

namespace gateway {

inline constexpr std::size_t kMaxFragmentBytes = 1024;

/// Whether it may stand in Location behind "#": what browsers write there, visible ASCII without the bytes
/// that they escape (WHATWG URL section 1.3, the fragment percent-encode set), not too long.
bool is_fragment(std::string_view text);
/// `url` with it, or `url` alone where it is empty.
std::string with_fragment(std::string url, std::string_view fragment);

}  // namespace gateway

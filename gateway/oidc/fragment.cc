#include "gateway/oidc/fragment.h"

#include <algorithm>

namespace gateway {

bool is_fragment(std::string_view text) {
  constexpr std::string_view kEscaped = "\"<>`";
  return text.size() <= kMaxFragmentBytes && std::ranges::all_of(text, [kEscaped](char c) {
           return c > ' ' && c <= '~' && !kEscaped.contains(c);
         });
}

std::string with_fragment(std::string url, std::string_view fragment) {
  if (!fragment.empty()) url.append("#").append(fragment);
  return url;
}

}  // namespace gateway

#include "gateway/model/own_cookies.h"

#include <algorithm>

#include "core/http/characters.h"

namespace gateway {
namespace {

/// What an answer says to caches that serve many.
enum class Sharing { unsaid, forbidden, intended };

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && core::equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

/// Fields for caches in between alone, which obey them before Cache-Control.
bool is_targeted(std::string_view name) {
  return ends_with_ignoring_case(name,
                                 "CDN-Cache-Control") ||  // also Cloudflare-CDN-Cache-Control and others
         core::equals_ignoring_case(name, "Surrogate-Control") ||
         core::equals_ignoring_case(name, "Edge-Control");
}

struct Directives {
  bool is_private = false;  ///< without a list of fields, which would leave the rest to be stored
  bool is_stored = true;
  bool is_shared = false;
};

void read(std::string_view list, Directives& directives) {
  while (!list.empty()) {
    const std::string_view element = core::http_characters::next_element(list);
    const std::string_view name = element.substr(0, element.find('='));
    if (core::equals_ignoring_case(element, "private")) directives.is_private = true;
    if (core::equals_ignoring_case(name, "no-store")) directives.is_stored = false;
    if (core::equals_ignoring_case(name, "public") || core::equals_ignoring_case(name, "s-maxage"))
      directives.is_shared = true;
  }
}

Sharing sharing_of(const core::Fields& fields) {
  Directives general;
  for (const core::Field& field : fields) {
    if (field.id != core::FieldId::other) continue;
    if (core::equals_ignoring_case(field.name, "Cache-Control")) read(field.value, general);
    // nginx in front of us takes it for itself; 0: not stored.
    if (core::equals_ignoring_case(field.name, "X-Accel-Expires") && field.value != "0")
      return Sharing::intended;
    if (!is_targeted(field.name)) continue;
    Directives targeted;
    read(field.value, targeted);
    if (targeted.is_stored && !targeted.is_private) return Sharing::intended;
  }
  if (!general.is_stored) return Sharing::forbidden;
  if (general.is_shared) return Sharing::intended;
  return general.is_private ? Sharing::forbidden : Sharing::unsaid;
}

}  // namespace

void add_own_cookies(core::Fields& fields, const std::vector<std::string>& cookies) {
  if (cookies.empty()) return;
  const Sharing sharing = sharing_of(fields);
  if (sharing == Sharing::intended) return;
  if (sharing == Sharing::unsaid) fields.add("Cache-Control", "private");
  for (const std::string& cookie : cookies) fields.add(core::FieldId::set_cookie, cookie);
}

}  // namespace gateway

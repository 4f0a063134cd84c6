// A small, whole answer of the gateway's own: pages, redirects, JSON. Bodies from origins never pass through
// it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

struct Reply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> fields;  ///< without framing fields
  std::string body;
  /// For the access and event log: why this answer was given ("no session", "policy staff"). Never sent.
  std::string reason;

  Reply& with(std::string_view name, std::string_view value) {
    fields.emplace_back(name, value);
    return *this;
  }
};

/// A redirect with no-store and no-referrer. `status` is 302, 303, 307 or 308; `location` is absolute and
/// ours to vouch for.
Reply redirect_to(int status, std::string location);

}  // namespace gateway

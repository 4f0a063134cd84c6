#include "gateway/model/router.h"

namespace gateway {

HostRoutes& Router::host(std::string_view pattern) {
  std::unique_ptr<HostRoutes>& entry = hosts_[std::string(pattern)];
  if (!entry) entry = std::make_unique<HostRoutes>();
  return *entry;
}

const HostRoutes* Router::find(std::string_view host) const {
  if (const auto exact = hosts_.find(host); exact != hosts_.end() && !host.starts_with('*')) {
    return exact->second.get();
  }
  if (const std::size_t dot = host.find('.'); dot != std::string_view::npos && dot != 0) {
    // The pattern's spelling is "*." and the rest; looked up without building it for hosts that are too long
    // to match.
    char pattern[256];
    const std::string_view rest = host.substr(dot);
    if (rest.size() + 1 <= sizeof pattern) {
      pattern[0] = '*';
      rest.copy(pattern + 1, rest.size());
      if (const auto wildcard = hosts_.find(std::string_view(pattern, rest.size() + 1));
          wildcard != hosts_.end()) {
        return wildcard->second.get();
      }
    }
  }
  const auto any = hosts_.find(std::string_view("*"));
  return any == hosts_.end() ? nullptr : any->second.get();
}

}  // namespace gateway

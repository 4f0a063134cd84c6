#include "gateway/model/router.h"

#include <algorithm>

namespace gateway {

bool HostRoutes::add_prefix(std::string_view path, const Route& route) {
  longest_prefix_ = std::max(longest_prefix_, path.size());
  return prefixes_.emplace(path, &route).second;
}

bool HostRoutes::add_exact(std::string_view path, const Route& route) {
  return exact_.emplace(path, &route).second;
}

const Route* HostRoutes::find(std::string_view path) const {
  if (const auto exact = exact_.find(path); exact != exact_.end()) return exact->second;
  // Candidates are the path's own beginnings in whole segments, longest first; none longer than the longest
  // prefix is looked up, so a path of thousands of segments costs no more than the configuration's deepest
  // route.
  std::string_view candidate = path;
  while (true) {
    if (candidate.size() <= longest_prefix_) {
      if (const auto prefix = prefixes_.find(candidate); prefix != prefixes_.end()) return prefix->second;
    }
    if (candidate.size() <= 1) return nullptr;
    const std::size_t from = std::min(candidate.size() - 1, longest_prefix_);
    const std::size_t slash = candidate.substr(0, from + 1).rfind('/');
    if (slash == std::string_view::npos) return nullptr;
    candidate = slash == 0 ? candidate.substr(0, 1) : candidate.substr(0, slash);
  }
}

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

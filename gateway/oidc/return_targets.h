// Where a browser may be sent: back to hosts of this configuration and to `login.return_to`, nowhere else. A
// target is parsed into scheme, host, port, path and query, compared by those, and rebuilt from them: it is
// never echoed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/types.h"
#include "core/text/host_pattern.h"
#include "core/text/url.h"
#include "gateway/model/request.h"

namespace gateway {

/// A longer target comes back to the same page without its query, or to the start page: it has to fit into a
/// cookie.
inline constexpr std::size_t kMaxTargetBytes = 2048;

class ReturnTargets {
 public:
  explicit ReturnTargets(const config::Config& config);

  /// `text` is an absolute URL, or a path of `request`'s own host. Refuses what the URL parser refuses
  /// (backslashes, control bytes, userinfo), other schemes than https, hosts that no route names, ports that
  /// are not `request.port`.
  [[nodiscard]] core::Result<core::Url> check(std::string_view text, const Request& request) const;
  /// Whether `host` is one of this configuration's. A route for any host ("*") counts for `own` alone, the
  /// host the request was made to: else it would make every host a target.
  [[nodiscard]] bool is_ours(std::string_view host, std::string_view own) const;
  /// Whether `text` (a Referer) is a URL of a page that this gateway serves: such a host, and our port.
  /// `login.return_to` does not count.
  [[nodiscard]] bool is_own_page(std::string_view text, const Request& request) const;

 private:
  std::vector<core::HostPattern> hosts_;
  bool any_host_ = false;
  std::vector<std::string> origins_;
};

/// `url` cut to kMaxTargetBytes as said there.
std::string fitting_target(const core::Url& url);

}  // namespace gateway

#include "gateway/model/public_port.h"

#include <algorithm>

namespace gateway {

std::optional<std::uint16_t> PublicPort::of_https_host(std::uint16_t written) const {
  if (written == 0) {
    // A browser leaves the port out only when it is 443.
    if (main_ == 443) return 443;
    return std::nullopt;
  }
  if (written == main_) return written;
  if (std::ranges::find(listening_, written) != listening_.end()) return written;
  return std::nullopt;
}

std::uint16_t PublicPort::for_redirect() const {
  // Behind a balancer the listening port is not what browsers see; on its own, a gateway on another port than
  // 443 is.
  if (!listening_.empty() && std::ranges::find(listening_, main_) == listening_.end())
    return listening_.front();
  return main_;
}

}  // namespace gateway

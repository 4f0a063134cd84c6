// A port of a service of a cluster, as the operator names it.
#pragma once

#include <cstdint>
#include <string>

namespace core {

struct KubernetesService {
  std::string space;       ///< the namespace
  std::string name;        ///< of the service
  std::string port_name;   ///< of one of its ports; empty: `port`
  std::uint16_t port = 0;  ///< where its pods listen (targetPort), which is where a headless service leads
  friend auto operator<=>(const KubernetesService&, const KubernetesService&) = default;

  /// "shop/web:http"
  [[nodiscard]] std::string text() const {
    return space + "/" + name + ":" + (port_name.empty() ? std::to_string(port) : port_name);
  }
};

}  // namespace core

#include "config/services.h"

#include "config/check.h"

namespace config {

std::set<core::KubernetesService> followed_services(const Config& config) {
  std::set<core::KubernetesService> services;
  for (const Route& route : config.routes) {
    const auto* upstream = std::get_if<Upstream>(&route.action);
    if (upstream == nullptr) continue;
    for (const OriginUrl& origin : upstream->origins) {
      if (origin.service) services.insert(*origin.service);
    }
  }
  return services;
}

void check_services(const Config& config, Findings& findings) {
  const std::size_t count = followed_services(config).size();
  if (count <= kMaxServices) return;
  findings.error({},
                 "routes.to: " + std::to_string(count) + " services by kubernetes://, at most " +
                     std::to_string(kMaxServices),
                 "name the others by http://SERVICE.NAMESPACE.svc; headless ones are followed by DNS");
}

}  // namespace config

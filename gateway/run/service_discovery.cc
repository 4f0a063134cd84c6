#include "gateway/run/service_discovery.h"

#include <set>
#include <utility>

#include "config/services.h"
#include "gateway/run/cluster.h"

namespace gateway {

std::string discovery_permissions(const config::Config& config) {
  std::set<std::string> spaces;
  for (const core::KubernetesService& service : config::followed_services(config))
    spaces.insert(service.space);
  std::string text = "get, list and watch endpointslices (discovery.k8s.io) in ";
  text += spaces.size() == 1 ? "the namespace " : "the namespaces ";
  for (const std::string& space : spaces) text.append(space == *spaces.begin() ? "" : ", ").append(space);
  return text;
}

core::Result<std::unique_ptr<core::KubernetesApi>> open_discovery(const config::Config& config,
                                                                  NetworkLease& network,
                                                                  const core::Clock& clock) {
  if (config::followed_services(config).empty()) return std::unique_ptr<core::KubernetesApi>();
  const std::string& account = config.kubernetes.service_account;
  std::optional<Cluster> cluster = find_cluster(account);
  if (!cluster) {
    return core::failure(
        core::ErrorKind::unsupported, core::Side::configuration,
        "routes.to: kubernetes:// needs a pod with a service account (KUBERNETES_SERVICE_HOST, "
        "and the files of " +
            account + "); write http:// and a name elsewhere");
  }
  core::Result<core::HttpClient*> client = network.keeping_http_client(cluster->ca_file);
  if (!client) return core::failure(std::move(client.error()).during("routes.to: kubernetes://"));
  core::KubernetesPurpose purpose{core::Side::us, discovery_permissions(config)};
  core::KubernetesServer server{std::move(cluster->server), std::move(cluster->token_file)};
  return std::make_unique<core::KubernetesApi>(**client, std::move(server), std::move(purpose), clock);
}

}  // namespace gateway

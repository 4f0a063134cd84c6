#include "gateway/run/open_storage.h"

#include <optional>
#include <utility>

#include "core/storage/kubernetes_storage.h"
#include "core/storage/redis_connection.h"
#include "core/storage/sealed_storage.h"
#include "gateway/run/cluster.h"

namespace gateway {
namespace {

using Opened = core::Result<std::unique_ptr<core::Storage>>;

core::Error not_in_a_cluster(const std::string& service_account) {
  return {
      core::ErrorKind::unsupported, core::Side::configuration,
      "storage: kubernetes needs a pod with a service account (KUBERNETES_SERVICE_HOST, and the files of " +
          service_account + "); name a directory or a Redis server elsewhere"};
}

Opened open_kubernetes(const config::Storage& storage, const StorageParts& parts) {
  std::optional<Cluster> cluster = find_cluster(storage.service_account);
  if (!cluster) return core::failure(not_in_a_cluster(storage.service_account));
  core::Result<core::HttpClient*> client = parts.network.keeping_http_client(cluster->ca_file);
  if (!client) return core::failure(std::move(client.error()).during("storage"));
  core::KubernetesAccess access{std::move(cluster->server), std::move(cluster->space),
                                std::move(cluster->token_file), storage.kubernetes_name};
  return core::make_kubernetes_storage(**client, std::move(access), parts.clock);
}

Opened open_unsealed(const config::Storage& storage, const StorageParts& parts) {
  switch (storage.kind) {
    case config::StorageKind::directory:
      return core::open_file_storage(storage.directory, parts.clock);
    case config::StorageKind::redis:
      return open_redis(storage.redis, "storage", parts);
    case config::StorageKind::kubernetes:
      return open_kubernetes(storage, parts);
  }
  return core::failure(core::ErrorKind::internal, core::Side::us, "no such storage");
}

}  // namespace

core::Result<std::unique_ptr<core::Storage>> open_redis(const config::RedisAddress& address,
                                                        std::string_view key, const StorageParts& parts) {
  core::Connector* connector = &parts.network.tcp();
  if (address.is_tls) {
    config::UpstreamTls trust;
    trust.ca_file = address.ca_file;
    core::Result<core::Connector*> secure = parts.network.tls(trust);
    if (!secure) return core::failure(std::move(secure.error()).during(key));
    connector = *secure;
  }
  core::RedisServer server;
  server.address.host = address.host;
  server.address.port = address.port;
  server.user = address.user;
  server.password = address.password.value;
  server.database = address.database;
  return core::make_redis_storage(parts.loop, *connector, std::move(server), address.prefix, parts.clock);
}

bool must_keep_entries(const config::Config& config) {
  return !config.login.providers.empty() || config.tls.acme ||
         config.storage.kind != config::StorageKind::directory;
}

core::Result<OpenedStorage> open_storage(const config::Storage& storage, const StorageParts& parts) {
  Opened unsealed = open_unsealed(storage, parts);
  if (!unsealed) return core::failure(std::move(unsealed.error()));
  OpenedStorage opened;
  if (storage.keys.empty()) {
    opened.entries = std::move(*unsealed);
    return opened;
  }
  std::vector<core::Secret> keys;
  keys.reserve(storage.keys.size());
  for (const config::ConfiguredSecret& key : storage.keys) keys.push_back(key.value);
  core::Result<core::KeyRing> ring = core::KeyRing::make(std::move(keys));
  if (!ring) return core::failure(std::move(ring.error()).during("storage_key"));
  opened.inner = std::move(*unsealed);
  opened.entries = core::make_sealed_storage({*opened.inner, std::move(*ring), parts.random, parts.log});
  return opened;
}

}  // namespace gateway

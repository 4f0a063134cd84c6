// storage, storage_key and kubernetes, written out.
#include "config/print.h"

namespace config {

void print_redis(std::string_view key, const RedisAddress& redis, Writer& out) {
  const std::string host = redis.host.contains(':') ? "[" + redis.host + "]" : redis.host;
  std::string url = redis.is_tls ? "rediss://" : "redis://";
  url.append(host).append(":").append(std::to_string(redis.port));
  url.append("/").append(std::to_string(redis.database));
  out.open(key);
  out.entry("redis", quoted(url));
  out.entry("prefix", quoted(redis.prefix));
  if (!redis.user.empty()) out.entry("user", quoted(redis.user));
  if (!redis.password.value.empty()) out.entry("password", text_of(redis.password));
  if (!redis.ca_file.empty()) out.entry("ca", quoted(redis.ca_file));
  out.close();
}

std::string text_of(const std::vector<ConfiguredSecret>& secrets) {
  std::string list;
  for (const ConfiguredSecret& secret : secrets)
    list.append(list.empty() ? "" : ", ").append(text_of(secret));
  return "[" + list + "]";
}

void print_storage(const Storage& storage, Writer& out) {
  switch (storage.kind) {
    case StorageKind::directory:
      out.entry("storage", quoted(storage.directory));
      break;
    case StorageKind::redis:
      print_redis("storage", storage.redis, out);
      break;
    case StorageKind::kubernetes:
      out.entry("storage", "{kubernetes: " + quoted(storage.kubernetes_name) +
                               ", service_account: " + quoted(storage.service_account) + "}");
      break;
  }
  if (!storage.keys.empty()) out.entry("storage_key", text_of(storage.keys));
}

void print_kubernetes(const Config& config, Writer& out) {
  const Kubernetes& kubernetes = config.kubernetes;
  const bool is_other_storage = config.storage.service_account != Kubernetes().service_account;
  if (kubernetes == Kubernetes() && !is_other_storage) return;
  out.open("kubernetes");
  out.entry("service_account", quoted(kubernetes.service_account));
  if (!kubernetes.zone.empty()) out.entry("zone", quoted(kubernetes.zone));
  out.close();
}

}  // namespace config

// storage and storage_key: where what must outlive a restart is kept, and what seals it there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/position.h"
#include "config/types_secret.h"

namespace config {

enum class StorageKind {
  directory,
  redis,       ///< a server that replicas share
  kubernetes,  ///< Secrets and Leases of the gateway's own namespace
};

struct RedisAddress {
  std::string host;  ///< a name or an IP literal without brackets
  std::uint16_t port = 6379;
  bool is_tls = false;  ///< rediss
  unsigned database = 0;
  std::string user;           ///< empty: the default user
  ConfiguredSecret password;  ///< empty: none is sent
  std::string ca_file;        ///< PEM roots for rediss; empty: the system's
  std::string prefix = "gateway:";
  Position at;
  friend bool operator==(const RedisAddress&, const RedisAddress&) = default;
};

struct Storage {
  StorageKind kind = StorageKind::directory;
  std::string directory;
  RedisAddress redis;
  std::string kubernetes_name = "gateway";  ///< in front of the names of objects
  std::string service_account =
      "/var/run/secrets/kubernetes.io/serviceaccount";  ///< token, ca.crt, namespace
  std::vector<ConfiguredSecret> keys;  ///< 32 bytes each, decoded; first seals; empty: stored in the clear
  friend bool operator==(const Storage&, const Storage&) = default;
};

}  // namespace config

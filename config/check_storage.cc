// Rules of storage that need the rest of the file.
#include "config/check.h"

namespace config {

void check_storage(const Config& config, Findings& findings) {
  const Storage& storage = config.storage;
  for (const ConfiguredSecret& key : storage.keys) {
    for (const ConfiguredSecret& session_key : config.login.session.keys) {
      if (key == session_key)
        findings.error(
            {}, "storage_key: is one of login.session.keys",
            "make another with: gateway keygen; replacing a session key must not lose what is stored");
    }
  }
  if (storage.kind == StorageKind::redis && !storage.redis.is_tls && !looks_private(storage.redis.host)) {
    findings.warn(storage.redis.at,
                  "storage: redis:// outside private networks sends what is stored in the clear",
                  "use rediss://");
  }
}

}  // namespace config

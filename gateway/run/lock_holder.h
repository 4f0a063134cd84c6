// Who we are to the locks of storage: nobody else's name, whatever the machine is called. In a directory it
// is the same again after a restart, so that what a process that died had locked is gone on with at once;
// elsewhere the lease of such a lock runs out first.
#pragma once

#include <string>

#include "config/types.h"
#include "core/crypto/random.h"
#include "core/storage/directory.h"

namespace gateway {

class LockHolder {
 public:
  /// Blocks on the disk for a moment. A directory that cannot be used makes a name of this process alone.
  LockHolder(const config::Storage& storage, core::Random& random);

  /// 1 to 200 bytes; begins with the machine's name, for people.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  core::Descriptor file_;  // locked for as long as this process uses the name in it
  std::string name_;
};

}  // namespace gateway

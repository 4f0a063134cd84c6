// What `gateway certificates list` tells: every certificate that is given, ordered or stored, and every name
// that has none yet; its end, its renewal, and what failed. Reads storage and files, asks nobody.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/types.h"
#include "core/base/clock.h"
#include "core/loop/flow.h"
#include "tls/issue/store.h"

namespace gateway {

/// What storage has of one set of names.
struct StoredSet {
  std::string id;
  tls::NameSet names;
  std::optional<tls::StoredCertificate> stored;  ///< none: there is none yet
  std::optional<tls::Attempts> attempts;
  std::optional<tls::Advice> advice;
  bool is_ordered = false;  ///< by this configuration
  bool is_revoked = false;
};

/// All of storage, and what `config` orders besides. What cannot be read is told to `failures`, and left out:
/// an entry, or given certificates, which decide what is ordered. Pointers must outlive the flow.
core::Flow<std::vector<StoredSet>> stored_sets(tls::CertificateStore* store, const config::Config* config,
                                               std::vector<std::string>* failures);

/// One of them in lines of two columns.
std::string told(const StoredSet& set, core::WallTime now);
/// A certificate of tls.certificates.
std::string told(const config::CertificateFiles& files, core::WallTime now);

}  // namespace gateway

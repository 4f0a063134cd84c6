// Where the keys come from that seal everything: the configuration, or one that is generated once and kept in
// storage.
#pragma once

#include <vector>

#include "config/types_access.h"
#include "core/crypto/seal.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"

namespace gateway {

/// The configured keys if there are any. Else the entry `session-key` of `storage`, made first if it is not
/// there (under a lock, so that two replicas agree; the one that comes second waits on `loop`). Fails if
/// storage cannot keep it: a key that a restart loses would sign everybody out and un-revoke nobody.
core::Flow<core::KeyRing> load_session_keys(std::vector<config::ConfiguredSecret> configured,
                                            core::Storage& storage, core::Loop& loop);

}  // namespace gateway

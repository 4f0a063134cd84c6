// One question each of `gateway check --online`. What ends well says what was found, an error what was not.
#pragma once

#include <string>

#include "config/types.h"
#include "core/base/clock.h"
#include "core/kubernetes/api.h"
#include "core/kubernetes/service.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"
#include "gateway/run/network_lease.h"

namespace gateway {

/// What somebody asked takes at most.
inline constexpr core::Duration kOnlineTime = std::chrono::seconds(10);
/// By how much a clock may be wrong: what tokens are held against allows as much.
inline constexpr core::Duration kOnlineSkew = std::chrono::seconds(60);

/// What was found, and what is doubtful about it; empty: nothing.
struct OnlineFinding {
  std::string found;
  std::string doubt;
};

/// Borrowed by the flows.
struct OnlineTools {
  core::Loop& loop;
  NetworkLease& network;
  const core::Clock& clock;
};

/// Connects, with TLS where `upstream` has it, and hangs up.
core::Flow<OnlineFinding> reach_origin(OnlineTools tools, const config::Upstream& upstream,
                                       const config::OriginUrl& origin);
/// Lists the endpoints of a service as a start does. `api`, which may be null, outlives the flow.
core::Flow<OnlineFinding> list_service(core::KubernetesApi* api, core::KubernetesService service,
                                       std::string zone);
/// The same with whoever serves `url`; `ca` as in http_client.
core::Flow<OnlineFinding> reach_url(OnlineTools tools, core::Url url, std::string ca);
/// Metadata and keys as a start reads them, and how far its clock is from ours.
core::Flow<OnlineFinding> ask_provider(OnlineTools tools, const config::Provider& provider);
/// The directory of an authority.
core::Flow<OnlineFinding> ask_authority(OnlineTools tools, core::Url directory, std::string ca);
/// Addresses of a name that a certificate is to be ordered for.
core::Flow<OnlineFinding> look_up(OnlineTools tools, std::string name);
/// Reads an entry that is not there.
core::Flow<OnlineFinding> read_storage(core::Storage& storage);

}  // namespace gateway

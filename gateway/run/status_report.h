// StatusReport: how a gateway that runs is doing, as values, for `gateway status` and the status page. Holds
// what the audit remembers of people: for the operator alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/storage/counted_storage.h"
#include "core/text/json.h"
#include "gateway/model/act_ledger.h"
#include "gateway/model/traffic.h"
#include "gateway/run/generation.h"
#include "gateway/run/listeners.h"
#include "gateway/run/metrics_page.h"
#include "gateway/run/route_sums.h"

namespace gateway {

struct StatusReport {
  struct Listener {
    std::string what;  ///< "https"
    std::string address;
  };
  struct Origin {
    std::string name;
    bool is_up = true;
  };
  struct Route {
    std::string name;
    std::string target;  ///< what it leads to, as the file says
    std::array<std::uint64_t, kStatusClasses.size()> answers{};
    double mean_seconds = 0;  ///< from head to end of the answer
    std::uint64_t refused = 0;
    std::uint64_t upstream_failures = 0;
    std::vector<Origin> origins;
  };
  struct Certificate {
    std::string names;
    core::WallTime not_after;
    std::optional<core::WallTime> renewal;  ///< none: it is a given one, the operator's to renew
  };
  struct Provider {
    std::string name;
    bool is_ready = false;
    std::string problem;  ///< of the last attempt to read its metadata or keys
  };

  core::WallTime now;
  core::WallTime started;
  std::string file;
  core::WallTime read_at;  ///< what is served
  std::uint64_t reloads = 0;
  std::string refusal;  ///< why the file as it is now is not served; empty: it is
  std::vector<std::string> not_ready;
  std::size_t workers = 0;
  std::vector<Listener> listeners;
  ConnectionSum connections;
  std::size_t most_connections = 0;
  PoolSum pools;
  std::vector<Route> routes;              ///< in the order of the file, at most kMostRoutes
  std::size_t further_routes = 0;         ///< that are left out
  std::vector<Certificate> certificates;  ///< those that end first come first
  std::vector<Provider> providers;
  std::string storage;
  std::uint64_t storage_operations = 0;
  std::uint64_t storage_failures = 0;
  ActCounts acts;
  std::vector<RememberedAct> sign_ins;
  std::vector<RememberedAct> refusals;

  static constexpr std::size_t kMostRoutes = 500;
};

/// All borrowed.
struct StatusParts {
  const Generation& generation;
  const std::vector<const Traffic*>& workers;
  const std::vector<OpenListener>& listeners;
  const std::vector<core::Endpoint>& admin;
  const ReloadCounts& reloads;
  const ActLedger& ledger;
  const core::StorageCounts& storage;
};

/// What the parts tell; the rest of the report is the caller's to fill in. On control's loop.
StatusReport status_report(const StatusParts& parts);

/// "2026-11-22 00:41 UTC"
std::string moment(core::WallTime time);
/// "3 d 4 h", "5 min 6 s"
std::string span(core::WallTime::duration time);

/// For people, a line each; nobody is named.
std::vector<std::string> status_lines(const StatusReport& report);
/// For programs.
core::Json status_json(const StatusReport& report);
/// One scalar a line, so that no line is long; without line ends.
std::vector<std::string> json_lines(const core::Json& json);

}  // namespace gateway

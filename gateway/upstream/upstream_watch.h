// UpstreamWatch: control's side of upstreams. Learns where they are, runs their health checks, and publishes
// what it knows; workers pick it up with their next request. Owns no connection of a request.
//
// A name is asked for again and again; the resolver answers from its cache until the name's time to live is
// over, so a change is seen a second or two after that. A name that nobody knows stays as it is written: the
// request that needs it says what is wrong. A service of a cluster is followed: a change is seen when the API
// says so, and a service without endpoints is nowhere.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/types.h"
#include "core/base/log.h"
#include "core/loop/published.h"
#include "core/loop/wait.h"
#include "core/net/resolver.h"
#include "gateway/upstream/address_source.h"
#include "gateway/upstream/health_check.h"
#include "gateway/upstream/upstream_state.h"

namespace gateway {

/// All borrowed.
struct UpstreamWatchParts {
  core::Loop& loop;
  core::Resolver& resolver;
  const core::Log& log;
  std::uint64_t seed = 0;
  /// The client that reaches an upstream's origins: TLS as the route has it.
  std::function<core::Result<core::HttpClient*>(const config::Upstream& upstream)> client;
  core::KubernetesApi* cluster = nullptr;  ///< null: no upstream is a service
};

class UpstreamWatch {
 public:
  static constexpr core::Duration kLookInterval{1'000};
  /// Names asked for in one interval; of more than that, each is asked for less often.
  static constexpr std::size_t kNamesAtOnce = 100;

  /// Borrows `config`. The error says which CA file or server name is wrong.
  static core::Result<std::unique_ptr<UpstreamWatch>> make(const config::Config& config,
                                                           UpstreamWatchParts parts);
  ~UpstreamWatch();

  /// Knows from now on what `before` knows of the same names and upstreams. Requires: not started.
  void adopt(const UpstreamWatch& before);
  /// Begins to follow services, and ends when of each the endpoints are known or cannot be had, after
  /// `patience` at the latest: who serves before that turns requests away. At most once, before start().
  core::Flow<> reach_services(core::Duration patience);
  /// Begins to look names up and to check. On the loop's thread.
  void start();
  /// Looks and checks no more; what is known stays.
  void stop();
  /// From any thread: what is known of the upstream of a route of `config`.
  [[nodiscard]] const core::Published<UpstreamState>& state_of(const config::Route& route) const;

 private:
  struct Watched;
  struct Entry;

  explicit UpstreamWatch(UpstreamWatchParts parts);
  core::Result<void> add(const config::Route& route, const config::Upstream& upstream);
  Entry* entry_of(const config::OriginUrl& origin);
  std::unique_ptr<AddressSource> source_of(const config::OriginUrl& origin, Entry& entry);
  void note_change(Entry& entry);
  [[nodiscard]] bool are_services_attempted() const;
  core::Flow<> services_attempted();
  void look();
  [[nodiscard]] static std::shared_ptr<const UpstreamState> state_known_of(const Watched& watched);
  void publish(Watched& watched);
  void check(Watched& watched, const std::vector<Place>& places);
  void note_change(Watched& watched, const Place& place, const std::string& reason);

  UpstreamWatchParts parts_;
  std::string zone_;
  Dice dice_;
  std::size_t running_checks_ = 0;
  std::map<std::string, std::unique_ptr<Watched>> watched_;  // by upstream_key()
  std::map<std::string, std::unique_ptr<Entry>> entries_;
  std::vector<Entry*> turns_;
  std::vector<Entry*> services_;
  std::size_t next_turn_ = 0;
  bool is_started_ = false;
  core::OneShot<> reached_;
  core::Timer timer_;
};

}  // namespace gateway

// ServiceWatch: follows the endpoints of one service: lists its EndpointSlices, watches them from there on,
// and begins anew when the API says that it must (410) or cannot be followed. What is known stays while the
// API is away.
//
//   list --ok--> watch --ended in order--> watch from the last version seen
//     ^            | 410: at once; broken, refused, silent: after a pause
//     +------------+
//
// The service account needs get, list and watch on endpointslices (discovery.k8s.io) in the namespace.
#pragma once

#include <functional>
#include <string>

#include "core/base/log.h"
#include "core/kubernetes/api.h"
#include "core/kubernetes/endpoints.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"

namespace core {

/// All borrowed.
struct ServiceWatchParts {
  Loop& loop;
  KubernetesApi& api;
  const Log& log;
  std::function<double()> chance;  ///< from [0, 1): replicas do not fall into step
};

class ServiceWatch {
 public:
  static constexpr Duration kWatchTime{60'000};     ///< asked for; then the API ends it, and another follows
  static constexpr Duration kSilence{15'000};       ///< behind that the connection counts as dead
  static constexpr Duration kShortestWatch{1'000};  ///< those that end sooner follow each other no faster
  static constexpr Duration kFirstPause{1'000};     ///< after a failure; then twice as long each time
  static constexpr Duration kLongestPause{10'000};
  static constexpr std::size_t kMostSlices = 500;  ///< of one service; with more it is not followed

  /// `on_change` is called when what is known has changed, and must not end the watch.
  ServiceWatch(ServiceWatchParts parts, KubernetesService service, std::string zone,
               std::function<void()> on_change);
  ServiceWatch(const ServiceWatch&) = delete;
  ServiceWatch& operator=(const ServiceWatch&) = delete;

  /// Knows from now on what `before`, of the same service and zone, knows. Requires: not started.
  void adopt(const ServiceWatch& before);
  void start();
  /// What is known stays.
  void stop() { following_.cancel(); }
  [[nodiscard]] bool is_running() const { return following_.is_running(); }
  /// Whether the API has answered or failed once.
  [[nodiscard]] bool is_attempted() const { return is_attempted_; }
  /// What is known; with a doubt and no endpoints as long as nothing is.
  [[nodiscard]] const ServiceEndpoints& known() const { return known_; }

 private:
  class Stream;
  Flow<> follow();
  Flow<> list_and_watch();
  Flow<> list();
  Flow<> watch();
  void take_up();
  void note_end(const Error& error);
  void note_followed();
  [[nodiscard]] Duration pause();

  ServiceWatchParts parts_;
  KubernetesService service_;
  SliceScope scope_;
  std::string zone_;
  std::function<void()> on_change_;
  Slices slices_;
  std::string version_;
  ServiceEndpoints known_;
  bool is_attempted_ = false;
  bool is_complained_of_ = false;   // that the API cannot be followed
  bool is_watch_at_fault_ = false;  // a list proves nothing then
  bool is_gone_ = false;            // 410, for the first time: no pause
  unsigned failures_ = 0;           // in a row
  RunningFlow<> following_;
};

/// One look: how many may be used. For who does not follow.
Flow<ServiceEndpoints> list_endpoints(KubernetesApi& api, KubernetesService service, std::string zone);

}  // namespace core

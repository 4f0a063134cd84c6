// Generation: what control makes of one configuration, for all workers: policies, providers, sessions in a
// store, upstreams, certificates. A reload makes another beside it; this one goes when no exchange that began
// under it is left. What the process keeps for its whole life (storage, the list of ended sessions) is lent.
#pragma once

#include <functional>
#include <memory>

#include "config/types.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/crypto/seal.h"
#include "core/loop/ask.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"
#include "gateway/answer/device_mint.h"
#include "gateway/answer/login_system.h"
#include "gateway/guard/policy_watch.h"
#include "gateway/oidc/directory.h"
#include "gateway/oidc/logout_register.h"
#include "gateway/oidc/redeemed_ids.h"
#include "gateway/run/demand_watch.h"
#include "gateway/run/issuance.h"
#include "gateway/run/kept_approvals.h"
#include "gateway/run/kept_sessions.h"
#include "gateway/run/network_lease.h"
#include "gateway/run/service_discovery.h"
#include "gateway/run/span_exporter.h"
#include "gateway/session/break_glass.h"
#include "gateway/session/revocation_list.h"
#include "gateway/session/session_register.h"
#include "gateway/session/token_register.h"
#include "gateway/upstream/upstream_watch.h"

namespace gateway {

/// How soon what another replica ended or decided counts here.
inline constexpr core::Duration kLookAgain = std::chrono::seconds(2);
/// How often it is looked whether the last exchange of an earlier configuration has ended.
inline constexpr core::Duration kLookAtLeaving = std::chrono::seconds(1);

/// What outlives every generation. All borrowed.
struct ProcessParts {
  core::Loop& loop;  ///< control's
  core::Random& random;
  const core::Clock& clock;
  const core::Log& log;
  const Audit& audit;
  Network& network;
  core::Storage& storage;
  bool is_storage_kept = true;  ///< false: in memory
  RevocationList& revocations;
  RedeemedIds& redeemed;
  SpanCounts& spans;
};

/// On control's loop; what login(), upstreams() and issuance() give may be read from any thread as they say.
class Generation {
 public:
  /// Takes over from `before` what is equal: certificates and orders under way, sessions kept in memory,
  /// which origins are down. The error says what of the configuration is in the way; nothing has begun then.
  static core::Flow<std::shared_ptr<Generation>> make(ProcessParts process,
                                                      std::shared_ptr<const config::Config> config,
                                                      std::shared_ptr<Generation> before);
  ~Generation();

  /// Takes over from `before` what it knows until this moment. Requires: at once before it serves.
  void succeed(const Generation& before);
  /// Ends when every provider has answered or failed once, or after a short while: from then on nobody who
  /// comes to sign in is sent away for want of its metadata, if it is up.
  core::Flow<> reach_providers();
  /// The same for services of a cluster: from then on nobody is turned away from an app for want of its
  /// endpoints.
  core::Flow<> reach_services();
  /// Begins to follow providers, lists, origins and certificates. `look` is called on control's loop when
  /// what stands open must be judged again.
  void start(std::function<void()> look);
  /// Another has taken over: follows nothing any more, and orders nothing new unless that one goes on with
  /// the same certificates. What began under this one ends under it.
  void step_back(const Generation& successor);

  [[nodiscard]] const config::Config& config() const { return *config_; }
  [[nodiscard]] LoginShared login();
  [[nodiscard]] const core::KeyRing& keys() const { return *keys_; }
  [[nodiscard]] const UpstreamWatch& upstreams() const { return *upstreams_; }
  [[nodiscard]] const ProviderDirectory& directory() const { return *directory_; }
  [[nodiscard]] Issuance& issuance() const { return *issuance_; }
  [[nodiscard]] const core::Published<tls::ClientDemands>& client_demands() const {
    return demands_.published();
  }
  [[nodiscard]] SessionRegister& known_sessions() const { return *known_sessions_; }
  /// Null: login.tokens is off.
  [[nodiscard]] TokenRegister* tokens() const { return tokens_.get(); }
  /// Null: no request is traced.
  [[nodiscard]] SpanExporter* spans() const { return spans_.get(); }
  /// Null: no policy has administrators.
  [[nodiscard]] ApprovalList* approvals() const {
    return approvals_ == nullptr ? nullptr : &approvals_->list();
  }
  /// Owns what was asked of control until it has ended, whether or not the asker still waits.
  [[nodiscard]] core::AskDesk& desk() const { return *desk_; }
  /// Whether no worker waits for an answer, nor work that somebody began goes on, nor a webhook is to be
  /// told, nor spans are to be sent.
  [[nodiscard]] bool is_idle() const {
    return desk_->door()->questions() == 0 && (approvals_ == nullptr || approvals_->is_idle()) &&
           (spans_ == nullptr || spans_->is_idle());
  }

 private:
  Generation(ProcessParts process, std::shared_ptr<const config::Config> config);
  core::Flow<> load_tokens();
  core::Result<void> read_pages();
  core::Flow<> load_approvals();
  core::Result<void> make_directory(const Generation* before);
  core::Result<void> watch_upstreams(const Generation* before);
  core::Result<void> open_exporter();
  core::Flow<> open_certificates(std::shared_ptr<Generation> before);

  ProcessParts process_;
  NetworkLease network_;
  std::shared_ptr<const config::Config> config_;
  std::unique_ptr<core::KeyRing> keys_;
  std::shared_ptr<const Pages> pages_;
  PolicyWatch policies_;
  DemandWatch demands_;
  std::unique_ptr<LogoutRegister> logouts_;
  std::unique_ptr<SessionRegister> known_sessions_;
  std::unique_ptr<TokenRegister> tokens_;         // null: login.tokens is off
  std::unique_ptr<DeviceMint> mint_;              // the same
  std::unique_ptr<DeviceRegister> devices_;       // the same
  std::unique_ptr<BreakGlassCheck> break_glass_;  // null: login.break_glass is off
  std::unique_ptr<ProviderDirectory> directory_;
  std::unique_ptr<KeptSessions> kept_sessions_;   // null: store: cookie
  std::unique_ptr<KeptApprovals> approvals_;      // null: no policy has administrators
  std::unique_ptr<core::KubernetesApi> cluster_;  // null: no origin is a service
  std::unique_ptr<UpstreamWatch> upstreams_;
  std::unique_ptr<SpanExporter> spans_;  // null: no request is traced
  std::shared_ptr<Issuance> issuance_;   // of several generations where nothing of it has changed
  bool is_issuance_new_ = true;
  std::unique_ptr<core::AskDesk> desk_;  // last: questions end before what they use
};

}  // namespace gateway

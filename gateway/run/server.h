// Server: the process while it serves. Opens what must be open before anybody is let in (storage, keys,
// certificates, sockets), builds the workers, then runs control on the calling thread until the process is
// told to end.
//
//   starting ──► serving ──► not ready (shutdown.delay) ──► draining (shutdown.timeout) ──► parting ──► ended
//
// parting: sockets have been sent their Close; a moment for it to leave.
#pragma once

#include <array>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/loader.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/loop/flow.h"
#include "core/loop/log_writer.h"
#include "core/loop/loop.h"
#include "core/loop/signals.h"
#include "core/storage/counted_storage.h"
#include "core/storage/storage.h"
#include "gateway/model/audit.h"
#include "gateway/model/rate_table.h"
#include "gateway/oidc/redeemed_ids.h"
#include "gateway/run/admin_listener.h"
#include "gateway/run/control_socket.h"
#include "gateway/run/generation.h"
#include "gateway/run/listeners.h"
#include "gateway/run/metrics_page.h"
#include "gateway/run/network_lease.h"
#include "gateway/run/rate_sharing.h"
#include "gateway/run/reloading.h"
#include "gateway/run/succession.h"
#include "gateway/run/supervisor.h"
#include "gateway/run/workers.h"
#include "gateway/session/revocation_list.h"

namespace gateway {

/// What a running process is told by signals. During a start those that ask for something are held back, for
/// their usual effect is the end of the process; those that end it do so at once.
inline constexpr std::array kEndSignals = {SIGTERM, SIGINT};
inline constexpr std::array kRequestSignals = {SIGHUP, SIGUSR1, SIGUSR2};

/// What the process hands to its server; what is borrowed outlives it.
struct ServerParts {
  std::shared_ptr<const config::Config> config;
  std::string config_file;                        ///< empty: there is none to read again
  std::function<config::LoadOutcome()> load;      ///< reads it
  std::optional<config::FileStamp> config_stamp;  ///< from before it was read
  const core::Clock& clock;
  core::Log& log;
  const Audit& audit;
  const ActLedger& ledger;                   ///< of the audit
  core::LogWriter* access_writer = nullptr;  ///< null: no access log
  AccessFormat access_format = AccessFormat::json;
  std::vector<InheritedSocket> inherited;
  OwnProgram program = {};                        ///< path empty: there is none to start again
  std::unique_ptr<Predecessor> predecessor = {};  ///< null: there was none
  std::function<core::Result<void>()> reopen_logs = [] { return core::Result<void>(); };
};

class Server final : private AdminSource {
 public:
  /// Everything that can be wrong with a start is wrong here: the error is one sentence and the mend.
  static core::Result<std::unique_ptr<Server>> make(ServerParts parts);
  ~Server();

  /// Serves until TERM or INT, then drains. A second signal ends at once. Lets kRequestSignals through as
  /// soon as somebody watches for them.
  void run();

 private:
  enum class State { serving, not_ready, draining, parting, ended };

  explicit Server(ServerParts parts);
  core::Result<void> prepare();
  core::Result<void> open_storage();
  core::Result<void> seal_storage();
  void share_rates();
  core::Result<void> test_itself();
  core::Result<void> make_generation();
  core::Result<void> reach_services();
  core::Result<void> reach_providers();
  core::Result<void> make_workers();
  core::Result<void> open_first_control();
  core::Result<void> open_control();
  core::Result<void> open_admin();
  // AdminSource
  [[nodiscard]] std::vector<std::string> reasons_not_ready() const override;
  [[nodiscard]] std::string metrics() const override;
  [[nodiscard]] StatusReport status_report() const override;
  [[nodiscard]] const core::Secret& admin_token() const override { return config().listen.admin_token.value; }
  bool ask_reload() override;
  [[nodiscard]] ProcessParts process();
  [[nodiscard]] const config::Config& config() const { return generation_->config(); }
  void make_reloading();
  void follow();
  void note_files();
  void follow_files();
  void offer_commands();
  core::Flow<std::string> reload();
  core::Flow<std::string> serve_the_file_again();
  [[nodiscard]] std::string status() const;
  core::Result<std::shared_ptr<const config::Config>> load_again();
  void take_over(std::shared_ptr<Generation> next, std::vector<OpenListener> opened);
  void let_go_of_the_unused();
  core::Flow<std::string> upgrade();
  [[nodiscard]] std::vector<int> listening_descriptors() const;
  void give_way();
  void come_back(const std::string& how);
  void open_commands();
  void become_the_service();
  void reopen_logs() const;
  void on_end_signal();
  void drain();
  void on_workers_drained();
  void on_shutdown_timer();
  void part();
  void end();

  ServerParts parts_;
  core::Loop loop_;
  core::Random random_;
  Network network_;
  NetworkLease of_storage_{network_};
  std::unique_ptr<core::Storage> unsealed_;  // null: nothing is sealed
  core::StorageCounts storage_counts_;
  std::unique_ptr<core::Storage> uncounted_;
  std::unique_ptr<core::Storage> storage_;
  bool is_storage_kept_ = true;
  std::unique_ptr<RevocationList> revocations_;
  RedeemedIds redeemed_;
  std::optional<RateTable> rates_;        // of all workers; none: storage is not open yet
  std::unique_ptr<RateSharing> sharing_;  // null: no replicas share the storage
  SpanCounts spans_;
  std::shared_ptr<Generation> generation_;
  std::vector<std::shared_ptr<Generation>> leaving_;  // what began under them goes on
  core::Timer leaving_timer_;
  std::unique_ptr<ControlSocket> control_;  // null: off, or the end has begun
  std::unique_ptr<AdminListener> admin_;    // null: off
  core::WallTime started_ = parts_.clock.wall();
  ReloadCounts reloads_;
  std::vector<OpenListener> listeners_;
  std::unique_ptr<Workers> workers_;
  std::vector<std::unique_ptr<core::SignalWatch>> signals_;
  Supervisor supervisor_;
  std::optional<Heartbeat> heartbeat_;  // none: not serving yet
  core::Timer shutdown_timer_;
  State state_ = State::serving;
  bool is_told_to_end_ = false;
  std::size_t connections_each_ = 0;      // of clients, at most
  std::optional<Reloading> reloading_;    // none: the end has begun
  Reloading::Stamps first_read_;          // of the files that the start has read
  std::unique_ptr<Successor> successor_;  // null: none has taken over
  std::unique_ptr<Successor> failed_;     // until it has ended
  std::optional<AskedWork> upgrading_;    // as reloading_
  core::RunningFlow<> last_spans_;
};

/// Usable cores: affinity and cgroup quota, at least one.
unsigned usable_cores();

}  // namespace gateway

// Server: the process while it serves. Opens what must be open before anybody is let in (storage, keys,
// certificates, sockets), builds the workers, then runs control on the calling thread until the process is
// told to end.
//
//   starting ──► serving ──► not ready (shutdown.delay) ──► draining (shutdown.timeout) ──► parting ──► ended
//
// parting: sockets have been sent their Close; a moment for it to leave.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "config/types.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/crypto/seal.h"
#include "core/loop/ask.h"
#include "core/loop/log_writer.h"
#include "core/loop/loop.h"
#include "core/loop/signals.h"
#include "core/storage/storage.h"
#include "gateway/guard/policy_watch.h"
#include "gateway/model/audit.h"
#include "gateway/oidc/directory.h"
#include "gateway/oidc/logout_register.h"
#include "gateway/oidc/redeemed_ids.h"
#include "gateway/run/control_socket.h"
#include "gateway/run/issuance.h"
#include "gateway/run/kept_sessions.h"
#include "gateway/run/listeners.h"
#include "gateway/run/network.h"
#include "gateway/run/worker.h"
#include "gateway/session/revocation_list.h"

namespace gateway {

/// What the process hands to its server; what is borrowed outlives it.
struct ServerParts {
  const config::Config& config;
  const core::Clock& clock;
  const core::Log& log;
  const Audit& audit;
  core::LogWriter* access_writer = nullptr;  ///< null: no access log
  AccessFormat access_format = AccessFormat::json;
  std::vector<InheritedSocket> inherited;
};

class Server {
 public:
  /// Everything that can be wrong with a start is wrong here: the error is one sentence and the mend.
  static core::Result<std::unique_ptr<Server>> make(ServerParts parts);
  ~Server();

  /// Serves until TERM or INT, then drains. A second signal ends at once.
  void run();

 private:
  enum class State { serving, not_ready, draining, parting, ended };

  explicit Server(ServerParts parts);
  core::Result<void> prepare();
  core::Result<void> open_storage();
  core::Result<void> load_certificates();
  core::Result<void> make_directory();
  core::Result<void> watch_upstreams();
  core::Result<void> make_workers();
  core::Result<void> open_control();
  void announce() const;
  void start_workers();
  void on_end_signal();
  void drain();
  void on_worker_closed();
  void on_worker_drained();
  void on_shutdown_timer();
  void part();
  void on_worker_parted(std::size_t told);
  void end();

  ServerParts parts_;
  core::Loop loop_;
  core::Random random_;
  Network network_;
  std::optional<core::AskDesk> desk_;
  std::unique_ptr<core::Storage> unsealed_;  // null: nothing is sealed
  std::unique_ptr<core::Storage> storage_;
  std::unique_ptr<core::KeyRing> keys_;
  std::unique_ptr<RevocationList> revocations_;
  std::unique_ptr<LogoutRegister> logouts_;
  PolicyWatch policies_;
  std::unique_ptr<ProviderDirectory> directory_;
  std::unique_ptr<KeptSessions> kept_sessions_;  // null: store: cookie
  RedeemedIds redeemed_;
  std::unique_ptr<UpstreamWatch> upstreams_;
  RateTable rates_{random_};  // of all workers
  std::unique_ptr<Issuance> issuance_;
  std::unique_ptr<ControlSocket> control_;  // null: off, or the end has begun
  std::vector<OpenListener> listeners_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::vector<std::unique_ptr<core::SignalWatch>> signals_;
  core::Timer shutdown_timer_;
  State state_ = State::serving;
  std::size_t accepting_workers_ = 0;
  std::size_t busy_workers_ = 0;
  std::size_t parting_workers_ = 0;
  std::size_t told_sockets_ = 0;
  std::size_t connections_each_ = 0;  // of clients, at most
};

/// Usable cores: affinity and cgroup quota, at least one.
unsigned usable_cores();

}  // namespace gateway

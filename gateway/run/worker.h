// Worker: a thread with its loop, listeners and connections, which serves by the newest Runtime. Touches no
// other worker's memory; control speaks to it by posting to its loop, and reads what it counts.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "config/types.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/crypto/seal.h"
#include "core/loop/ask.h"
#include "core/loop/log_writer.h"
#include "core/loop/loop.h"
#include "core/net/listener.h"
#include "gateway/model/audit.h"
#include "gateway/run/connection.h"
#include "gateway/run/network.h"
#include "gateway/run/runtime.h"
#include "tls/acceptor.h"
#include "tls/tickets.h"

namespace gateway {

/// What all workers share under every configuration. Everything borrowed outlives the workers.
struct WorkerShared {
  const core::Clock& clock;
  const core::Log& log;
  const Audit& audit;
  core::LogWriter* access_writer = nullptr;  ///< null: no access log
  AccessFormat access_format = AccessFormat::json;
  std::vector<core::Endpoint> resolver;
  std::size_t connections = 0;  ///< at most, of this worker; of its clients, and as many to origins
  RateTable& rates;
  unsigned workers = 1;
};

/// A listening socket that the process holds, and what its connections are for.
struct Entrance {
  int descriptor = -1;
  Entry entry = Entry::https;
  friend bool operator==(const Entrance&, const Entrance&) = default;
};

/// What a draining worker tells, on its own thread: it accepts nothing any more, so that the listening
/// sockets may be closed (else new connections wait in the kernel's queue until the end); and then, its last
/// connection has ended.
struct DrainSteps {
  std::function<void()> stopped_accepting;
  std::function<void()> drained;
  core::Duration patience{0};  ///< with idle connections (ServerSession::drain)
};

/// What handshakes are made with.
struct Front {
  Front(std::vector<core::Secret> session_keys, config::TlsVersion version, const core::Clock& clock)
      : keys(std::move(session_keys)), min_version(version), tickets(keys, clock) {}

  std::vector<core::Secret> keys;
  config::TlsVersion min_version;
  tls::TicketKeys tickets;
  std::unique_ptr<tls::Acceptor> acceptor;
};

class Worker final : public ConnectionHost {
 public:
  explicit Worker(const WorkerShared& shared);
  ~Worker();

  /// Makes what it takes to serve by `generation`, beside what serves now. On the worker's thread, or before
  /// run(). The error says what of the configuration is in the way.
  core::Result<void> prepare(std::shared_ptr<Generation> generation, std::vector<std::uint16_t> https_ports);
  /// Serves by what was prepared, on these sockets and no others: exchanges that began go on as they were.
  /// On the worker's thread, or before run().
  void take_over(const std::vector<Entrance>& entrances);
  /// Drains no more: accepts from these again, by what it has served by. On the worker's thread.
  void come_back(const std::vector<Entrance>& entrances);
  /// Forgets what was prepared.
  void give_up() { next_.reset(); }
  /// On the worker's own thread, until stop().
  void run() { loop_.run(); }

  // From any thread.
  /// Runs `action` on the worker's thread.
  void post(std::function<void()> action) { loop_.post(std::move(action)); }
  /// health_path says so from now on; all else goes on.
  void become_unready();
  /// Stops accepting and ends each connection when it is idle.
  void drain(DrainSteps steps);
  /// Tells sockets that the process ends (RFC 6455 section 7.4.1: 1001), then `told`, on the worker's thread,
  /// how many.
  void say_goodbye(std::function<void(std::size_t count)> told);
  void stop();
  /// What it has counted.
  [[nodiscard]] const Traffic& counted() const { return traffic_; }
  /// Measures from now on how late its loop is.
  void measure_lag();
  /// Revocations or policies have changed: breaks off what stands open for somebody who may not go on.
  void look_at_standing();

 private:
  /// A socket that it accepts from.
  struct Open {
    Entrance entrance;
    std::unique_ptr<core::Listener> listener;
  };
  core::Result<void> prepare_front();
  void accept_from(const std::vector<Entrance>& entrances);
  void let_go_of_the_unused();
  void be_drained();
  void look_at_all_standing();
  [[nodiscard]] bool is_full() const { return connections_.size() >= shared_.connections; }
  void note_lag();
  void accept(int socket, const core::Endpoint& peer, Entry entry);

  // ConnectionHost
  core::Loop& loop() override { return loop_; }
  std::shared_ptr<Site> site() override { return {runtime_, &runtime_->site()}; }
  std::shared_ptr<Balancers> balancers() override { return {runtime_, runtime_->balancers()}; }
  [[nodiscard]] const core::ServerLimits& limits() const override { return limits_.back().http; }
  const tls::ClientDemands* client_demands() override { return runtime_->client_demands(); }
  core::Flow<tls::Accepted> handshake(Arrived& arrived) override;
  [[nodiscard]] bool is_ready() const override { return is_ready_; }
  Traffic* traffic() override { return &traffic_; }
  void on_connection_end(Connection& connection) override;

  WorkerShared shared_;
  Traffic traffic_;
  core::Loop loop_;
  core::Random random_;
  std::unique_ptr<core::LogBuffer> access_buffer_;
  AccessLog access_log_;
  Network network_;
  ConnectionAllowance allowance_;
  // Connections use what they began with for as long as they last, so these grow, with changes of it alone.
  std::list<Front> fronts_;
  std::list<config::ListenerLimits> limits_;
  core::AskDesk desk_;
  std::shared_ptr<Runtime> runtime_;
  std::shared_ptr<Runtime> next_;                  // null: nothing is prepared
  std::vector<std::shared_ptr<Runtime>> leaving_;  // exchanges that began with them go on
  core::Timer leaving_timer_;
  std::vector<Open> listeners_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
  std::function<void()> on_drained_;
  core::Timer lag_timer_;
  core::SteadyTime lag_due_;
  bool is_ready_ = true;
};

}  // namespace gateway

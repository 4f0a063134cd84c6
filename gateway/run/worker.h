// Worker: a thread with its loop, listeners, connections and Site. Touches no other worker's memory; control
// speaks to it by posting to its loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "config/types.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/crypto/seal.h"
#include "core/loop/ask.h"
#include "core/loop/log_writer.h"
#include "core/loop/loop.h"
#include "core/loop/published.h"
#include "core/net/listener.h"
#include "gateway/answer/login_system.h"
#include "gateway/model/audit.h"
#include "gateway/run/balancers.h"
#include "gateway/run/connection.h"
#include "gateway/run/network.h"
#include "gateway/run/site_builder.h"
#include "tls/acceptor.h"
#include "tls/certificate_table.h"
#include "tls/tickets.h"

namespace gateway {

/// What all workers share. Everything borrowed outlives the workers.
struct WorkerShared {
  const core::Clock& clock;
  const core::Log& log;
  const Audit& audit;
  core::LogWriter* access_writer = nullptr;  ///< null: no access log
  AccessFormat access_format = AccessFormat::json;
  const core::Published<tls::CertificateTable>& certificates;
  const core::Published<tls::ChallengeAnswers>& challenges;
  LoginShared login;
  std::vector<std::uint16_t> https_ports;
  std::size_t connections = 0;  ///< at most, of this worker; of its clients, and as many to origins
  const UpstreamWatch& upstreams;
  RateTable& rates;
  unsigned workers = 1;
};

/// What a draining worker tells, on its own thread: it accepts nothing any more, so that the listening
/// sockets may be closed (else new connections wait in the kernel's queue until the end); and then, its last
/// connection has ended.
struct DrainSteps {
  std::function<void()> stopped_accepting;
  std::function<void()> drained;
};

class Worker final : public ConnectionHost {
 public:
  /// Builds all of it on the calling thread; nothing listens yet. The error says what of the configuration is
  /// in the way.
  static core::Result<std::unique_ptr<Worker>> make(const WorkerShared& shared);
  ~Worker();

  /// Accepts from a socket that the process holds. Requires: before run().
  void listen(int listening_descriptor, Entry entry);
  /// On the worker's own thread, until stop().
  void run() { loop_.run(); }

  // From any thread.
  /// health_path says so from now on; all else goes on.
  void become_unready();
  /// Stops accepting and ends each connection when it is idle.
  void drain(DrainSteps steps);
  /// Tells sockets that the process ends (RFC 6455 section 7.4.1: 1001), then `told`, on the worker's thread,
  /// how many.
  void say_goodbye(std::function<void(std::size_t count)> told);
  void stop();
  /// Revocations or policies have changed: breaks off what stands open for somebody who may not go on.
  void look_at_standing();

 private:
  explicit Worker(const WorkerShared& shared);
  [[nodiscard]] core::Result<void> build();
  void accept(int socket, const core::Endpoint& peer, Entry entry);

  // ConnectionHost
  core::Loop& loop() override { return loop_; }
  std::shared_ptr<Site> site() override { return site_; }
  [[nodiscard]] const core::ServerLimits& limits() const override { return shared_.login.config.limits.http; }
  Balancers* balancers() override { return balancers_ ? &*balancers_ : nullptr; }
  core::Flow<tls::Accepted> handshake(Arrived& arrived) override;
  [[nodiscard]] bool is_ready() const override { return is_ready_; }
  void on_connection_end(Connection& connection) override;

  WorkerShared shared_;
  core::Loop loop_;
  core::Random random_;
  std::unique_ptr<core::LogBuffer> access_buffer_;
  AccessLog access_log_;
  Network network_;
  std::optional<Balancers> balancers_;
  ConnectionAllowance allowance_;
  core::Secret label_key_;
  tls::TicketKeys tickets_;
  core::Published<tls::CertificateTable>::Reader certificates_;
  core::Published<tls::ChallengeAnswers>::Reader challenges_;
  std::unique_ptr<tls::Acceptor> acceptor_;
  core::AskDesk desk_;
  std::unique_ptr<LoginSystem> login_;
  std::shared_ptr<Site> site_;
  std::vector<std::unique_ptr<core::Listener>> listeners_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
  std::function<void()> on_drained_;
  bool is_ready_ = true;
};

}  // namespace gateway

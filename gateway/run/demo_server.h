// DemoServer: one handler of the demo (its provider, its sample app) on a loop and thread of its own, on
// loopback only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/loop/loop.h"
#include "core/net/listener.h"
#include "gateway/model/site.h"
#include "gateway/run/connection.h"
#include "gateway/run/listeners.h"
#include "tls/acceptor.h"
#include "tls/certificate.h"
#include "tls/record_scratch.h"
#include "tls/tickets.h"

namespace gateway {

struct DemoServerParts {
  const core::Clock& clock;
  const core::Log& log;
  Entry entry = Entry::open;
  std::vector<OpenListener> listeners;  ///< 127.0.0.1 and ::1, one socket each
  tls::CertificatePointer certificate;  ///< for Entry::https
  std::vector<std::string> hosts;       ///< it answers to these alone, all below localhost
  std::vector<std::uint16_t> ports;     ///< that a Host may bear
  std::function<std::unique_ptr<Handler>(core::Random& random)> make_handler;
};

class DemoServer final : public ConnectionHost {
 public:
  static core::Result<std::unique_ptr<DemoServer>> make(DemoServerParts parts);
  ~DemoServer();
  /// Serves on a thread of its own until destroyed.
  void start();

 private:
  explicit DemoServer(DemoServerParts parts);
  core::Loop& loop() override { return loop_; }
  std::shared_ptr<Site> site() override { return site_; }
  [[nodiscard]] const core::ServerLimits& limits() const override { return limits_; }
  std::shared_ptr<Balancers> balancers() override { return nullptr; }
  core::Flow<tls::Accepted> handshake(Arrived& arrived) override;
  [[nodiscard]] bool is_ready() const override { return true; }
  void on_connection_end(Connection& connection) override;

  DemoServerParts parts_;
  core::Loop loop_;
  core::Random random_;
  core::ServerLimits limits_;
  AccessLog no_access_log_{nullptr, AccessFormat::json};
  tls::RecordScratch scratch_;
  tls::TicketKeys tickets_;
  std::shared_ptr<const tls::CertificateTable> certificates_;
  std::unique_ptr<tls::Acceptor> acceptor_;
  std::shared_ptr<Site> site_;
  std::vector<std::unique_ptr<core::Listener>> accepting_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
  std::thread thread_;
};

}  // namespace gateway

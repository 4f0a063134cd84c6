// Runtime: what one worker makes of one configuration: sign-in, routes, balancers, which certificates. A
// reload puts another in its place; exchanges and handshakes that began with this one keep it until they end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/secret.h"
#include "core/crypto/random.h"
#include "core/loop/ask.h"
#include "core/loop/loop.h"
#include "core/loop/published.h"
#include "gateway/answer/login_system.h"
#include "gateway/model/audit.h"
#include "gateway/model/rate_table.h"
#include "gateway/model/site.h"
#include "gateway/run/balancers.h"
#include "gateway/run/generation.h"
#include "gateway/run/network_lease.h"
#include "gateway/upstream/connection_allowance.h"
#include "tls/certificate_table.h"
#include "tls/challenge_answers.h"
#include "tls/client_demand.h"

namespace gateway {

/// What outlives every runtime of a worker. All borrowed.
struct RuntimeParts {
  WorkerServices services;
  Network& network;
  core::AskDesk& desk;  ///< the worker's
  const Audit& audit;
  ConnectionAllowance& allowance;
  RateTable& rates;  ///< of all workers
  unsigned workers = 1;
};

/// On its worker's thread, but may be made before that runs.
class Runtime {
 public:
  /// `https_ports`: of the listeners. The error names the route or file that is in the way.
  static core::Result<std::shared_ptr<Runtime>> make(const RuntimeParts& parts,
                                                     std::shared_ptr<Generation> generation,
                                                     std::vector<std::uint16_t> https_ports);
  ~Runtime();

  [[nodiscard]] const config::Config& config() const { return generation_->config(); }
  [[nodiscard]] const core::KeyRing& keys() const { return generation_->keys(); }
  [[nodiscard]] Site& site() { return *site_; }
  [[nodiscard]] LoginSystem& login() { return *login_; }
  /// Null: no request is traced.
  [[nodiscard]] Tracer* tracer() { return tracer_.get(); }
  /// Null: nobody may write a PROXY header.
  [[nodiscard]] Balancers* balancers() { return balancers_ ? &*balancers_ : nullptr; }
  [[nodiscard]] core::Published<tls::CertificateTable>::Reader& certificates() { return certificates_; }
  /// Null: clients are asked for certificates nowhere.
  [[nodiscard]] const tls::ClientDemands* client_demands() {
    const tls::ClientDemands& demands = client_demands_.current();
    return demands.is_empty() ? nullptr : &demands;
  }
  [[nodiscard]] std::shared_ptr<const tls::ClientDemands> pinned_client_demands() {
    return client_demands() == nullptr ? nullptr : client_demands_.pin();
  }
  /// Null: no tls.acme.
  [[nodiscard]] core::Published<tls::ChallengeAnswers>::Reader* challenges() {
    return config().tls.acme ? &challenges_ : nullptr;
  }

 private:
  Runtime(Network& network, std::shared_ptr<Generation> generation);
  core::Result<void> build(const RuntimeParts& parts, std::vector<std::uint16_t> https_ports);

  std::shared_ptr<Generation> generation_;
  NetworkLease network_;
  core::Secret label_key_;  // of origins in cookies
  core::SipKey rate_key_;
  std::optional<Balancers> balancers_;
  core::Published<tls::CertificateTable>::Reader certificates_;
  core::Published<tls::ChallengeAnswers>::Reader challenges_;
  core::Published<tls::ClientDemands>::Reader client_demands_;
  std::unique_ptr<LoginSystem> login_;
  std::unique_ptr<Tracer> tracer_;  // null: no request is traced
  std::shared_ptr<Site> site_;      // last: uses all of the rest
};

}  // namespace gateway

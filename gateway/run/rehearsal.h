// Rehearsal: a configuration served to nobody. The parser, router, guards, header policy and handlers are
// those that serve; clients, origins and everybody else are stand-ins, so that no byte leaves the process.
// For what must be known of a file before it is let loose: explain, and the self-test of a start.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/types.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "core/crypto/random.h"
#include "core/loop/ask.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"
#include "gateway/model/audit.h"
#include "gateway/model/rate_table.h"
#include "gateway/oidc/redeemed_ids.h"
#include "gateway/run/connection.h"
#include "gateway/run/generation.h"
#include "gateway/run/network.h"
#include "gateway/run/runtime.h"
#include "gateway/run/stand_ins.h"
#include "gateway/session/revocation_list.h"
#include "gateway/upstream/connection_allowance.h"

namespace gateway {

/// What came of one request.
struct Rehearsed {
  std::string answer;                        ///< as the client got it; empty: none
  std::vector<SentRequest> sent;             ///< to origins
  std::vector<SentRequest> asked;            ///< of others: decision engines, providers
  const Route* route = nullptr;              ///< whose handler was called; null: none was
  std::string reason;                        ///< of an answer of our own, as the access log has it
  std::shared_ptr<const Identity> identity;  ///< that its guard admitted; null: nobody
};

/// What an offline copy of a configuration leaves out: files, storage, the protocols of origins beyond
/// HTTP/1.1, checks of origins. Routes, access, identity and headers stay.
config::Config without_surroundings(config::Config config);

/// On one thread, from its making to its end; that of no other loop.
class Rehearsal final : private ConnectionHost {
 public:
  /// `config` as without_surroundings() leaves it. The error names what of it is in the way.
  static core::Result<std::unique_ptr<Rehearsal>> make(config::Config config);
  ~Rehearsal();
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;

  /// Serves `request` (a head of HTTP/1.1, `Connection: close` in it, no body) to a client at `from` that
  /// came by https with a certificate for any host.
  Rehearsed play(std::string request, const core::IpAddress& from);
  /// Cookie pairs ("name=value; …") by which `identity` has a session on `host`; fails where they do not fit.
  core::Result<std::string> sign_in(std::string_view host, const Identity& identity);
  /// What engines and providers answer; by default they cannot be reached.
  void others_answer(std::string response) { others_.answer = std::move(response); }

  [[nodiscard]] const config::Config& config() const { return generation_->config(); }
  [[nodiscard]] Site& served() { return runtime_->site(); }
  [[nodiscard]] core::WallTime now() const { return clock_.wall(); }

 private:
  class Witness;
  /// The last line; of events nobody reads any.
  class LastLine final : public core::LogSink {
   public:
    void write(std::string_view lines) override { line = lines; }
    std::string line;
  };

  Rehearsal();
  core::Result<void> build(config::Config config);
  void watch_handlers();
  // ConnectionHost
  core::Loop& loop() override { return loop_; }
  std::shared_ptr<Site> site() override { return {runtime_, &runtime_->site()}; }
  std::shared_ptr<Balancers> balancers() override { return nullptr; }
  const core::ServerLimits& limits() const override { return limits_; }
  core::Flow<tls::Accepted> handshake(Arrived& arrived) override;
  bool is_ready() const override { return true; }
  void on_connection_end(Connection& connection) override;

  core::SystemClock clock_;
  LastLine sink_;
  LastLine access_lines_;
  core::Log log_{sink_, core::LogFormat::json, core::LogLevel::error, clock_};
  core::Loop loop_{clock_};
  core::Random random_;
  Counterpart origins_;
  Counterpart others_;
  Network network_;
  std::unique_ptr<core::Storage> storage_;
  RevocationList revocations_;
  RedeemedIds redeemed_;
  SpanCounts spans_;
  Audit audit_{log_};
  AccessLog access_log_{&access_lines_, AccessFormat::json};
  ConnectionAllowance allowance_{ConnectionAllowance::kUnbounded};
  RateTable rates_;
  core::AskDesk desk_{loop_};
  core::ServerLimits limits_;
  std::shared_ptr<Generation> generation_;
  std::vector<std::unique_ptr<Witness>> witnesses_;
  Rehearsed* playing_ = nullptr;  // while play() runs
  std::shared_ptr<Runtime> runtime_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace gateway

// Connection: one accepted socket. Makes the session that its entry calls for, an Exchange for each request,
// and ends with its socket. Owned by its worker's Connections; ends by retirement.
//
//   https:    [receiving ──►] handshaking ──► serving ──► ended
//   redirect: [receiving ──►] serving ──► ended               plain, open: serving ──► ended
//
// receiving: only from a balancer, its PROXY header.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/free_blocks.h"
#include "core/http/limits.h"
#include "core/http/session.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/net/address.h"
#include "core/net/proxied_stream.h"
#include "core/net/stream.h"
#include "gateway/model/exchange.h"
#include "gateway/model/site.h"
#include "gateway/run/client_proof.h"
#include "tls/acceptor.h"

namespace gateway {

/// HTTP/2 in ALPN (RFC 9113 section 3.2).
inline constexpr std::string_view kH2Protocol = "h2";

/// What a listener's connections are for.
enum class Entry : std::uint8_t {
  https,     ///< TLS, serves the routes
  redirect,  ///< plain HTTP that sends our own hosts to https
  plain,     ///< plain HTTP that serves the routes to trusted proxies
  open,      ///< plain HTTP that serves them to everybody: the demo's sample app on loopback
};

/// An accepted socket and where it came from.
struct Arrived {
  std::unique_ptr<core::ByteStream> stream;
  core::Endpoint peer;
  core::Endpoint local;
  Entry entry = Entry::https;
};

class Balancers;
class Connection;

/// What connections need of their worker.
class ConnectionHost {
 public:
  [[nodiscard]] virtual core::Loop& loop() = 0;
  /// The Site for a request that begins now.
  [[nodiscard]] virtual std::shared_ptr<Site> site() = 0;
  [[nodiscard]] virtual const core::ServerLimits& limits() const = 0;
  /// Who may write a PROXY header in front of https and http, for a connection that begins now; null: nobody.
  [[nodiscard]] virtual std::shared_ptr<Balancers> balancers() = 0;
  /// On which hosts clients are asked for certificates; null: nowhere.
  [[nodiscard]] virtual const tls::ClientDemands* client_demands() { return nullptr; }
  /// Handshakes a connection of Entry::https.
  [[nodiscard]] virtual core::Flow<tls::Accepted> handshake(Arrived& arrived) = 0;
  /// False from the moment the process was told to end.
  [[nodiscard]] virtual bool is_ready() const = 0;
  /// Null: nobody counts.
  [[nodiscard]] virtual Traffic* traffic() { return nullptr; }
  /// The connection has ended; retire it.
  virtual void on_connection_end(Connection& connection) = 0;

 protected:
  ~ConnectionHost() = default;
};

class Connection final : public core::Retirable, private core::ServerSessionOwner, public ExchangeOwner {
 public:
  Connection(ConnectionHost& host, Arrived arrived);
  ~Connection() override;

  /// on_connection_end() may come before this returns.
  void start();
  /// Ends when its running requests are answered; at once if there are none.
  void drain(core::Duration patience);

 private:
  // core::ServerSessionOwner
  core::RequestHandler* on_request(core::ServerStream& stream, core::RequestHead& head) override;
  void on_refused(int status, const core::Error& error) override;
  void on_session_end() override;
  // ExchangeOwner
  [[nodiscard]] bool may_serve(std::string_view host) const override;
  [[nodiscard]] const core::IpAddress& peer() const override { return peer_; }
  [[nodiscard]] const std::string& peer_text() const override { return peer_text_; }
  [[nodiscard]] core::ProxyHeader::Ends ends() const override {
    return {{peer_, peer_port_, {}}, {local_, local_port_, {}}};
  }
  [[nodiscard]] const ShownCertificate* shown_certificate() const override {
    return proof_ ? proof_->shown() : nullptr;
  }
  [[nodiscard]] bool is_ready() const override { return host_.is_ready(); }
  [[nodiscard]] std::shared_ptr<Site> current_site() const override { return host_.site(); }
  void on_exchange_end(Exchange& exchange) override;

  /// What there is until the session begins; an idle connection does not carry it along.
  struct Beginning : core::Recycled {
    explicit Beginning(Arrived from) : arrived(std::move(from)) {}
    Arrived arrived;
    std::shared_ptr<Balancers> balancers;  // null: it comes from none of them
    core::RunningFlow<core::ProxiedStream> receiving;
    core::RunningFlow<tls::Accepted> handshaking;
  };

  void take_proxied(core::Result<core::ProxiedStream> proxied);
  void begin();
  void serve(std::unique_ptr<core::ServerSession> session);
  void end();

  ConnectionHost& host_;
  std::unique_ptr<Beginning> begins_;
  core::IpAddress peer_;
  core::IpAddress local_;  // what the client connected to
  std::uint16_t peer_port_;
  std::uint16_t local_port_;
  Entry entry_;
  std::optional<core::Duration> drains_;  // with this patience
  bool ended_ = false;
  std::string peer_text_;
  tls::CertificatePointer certificate_;
  std::unique_ptr<ClientProof> proof_;  // null: the client was not asked for a certificate
  std::unique_ptr<core::ServerSession> session_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;  // HTTP/1.1 has one at a time, HTTP/2 many
  const Exchange* beginning_ = nullptr;               // on the stack in on_request(): it ends there, not here
};

}  // namespace gateway

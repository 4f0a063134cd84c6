#include "gateway/run/demo_server.h"

#include <utility>

#include "core/net/tcp.h"
#include "gateway/answer/error_answers.h"
#include "gateway/guard/open_guard.h"

namespace gateway {
namespace {

constexpr core::Duration kHandshakeTime{10'000};

std::vector<core::Secret> fresh_ticket_key() {
  std::vector<core::Secret> keys;
  keys.emplace_back(core::random_bytes(32));
  return keys;
}

}  // namespace

DemoServer::DemoServer(DemoServerParts parts)
    : parts_(std::move(parts)), loop_(parts_.clock), tickets_(fresh_ticket_key(), parts_.clock) {}

DemoServer::~DemoServer() {
  if (thread_.joinable()) {
    loop_.post([this] { loop_.stop(); });
    thread_.join();
  }
  accepting_.clear();
  connections_.clear();
}

core::Result<std::unique_ptr<DemoServer>> DemoServer::make(DemoServerParts parts) {
  std::unique_ptr<DemoServer> server(new DemoServer(std::move(parts)));
  auto acceptor =
      tls::Acceptor::make(server->loop_, server->scratch_, server->tickets_, tls::ServerOptions());
  if (!acceptor) return core::failure(std::move(acceptor.error()));
  server->acceptor_ = std::move(*acceptor);
  std::vector<tls::CertificatePointer> certificates;
  if (server->parts_.certificate) certificates.push_back(server->parts_.certificate);
  server->certificates_ = std::make_shared<const tls::CertificateTable>(certificates);

  const WorkerServices services{server->loop_, server->random_, server->parts_.log, server->no_access_log_};
  auto site = std::make_shared<Site>(services, PublicPort::automatic(server->parts_.ports),
                                     IdentityNames::of_an_origin());
  site->errors = make_error_answers(std::make_shared<const Pages>(PageLook{"Demo", {}, {}, {}, {}}));
  site->guards.push_back(std::make_unique<OpenGuard>());
  site->open = site->guards.back().get();
  site->handlers.push_back(server->parts_.make_handler(server->random_));
  auto route = std::make_unique<Route>();
  route->name = "demo";
  route->guard = site->open;
  route->handler = site->handlers.back().get();
  for (const std::string& host : server->parts_.hosts) site->router.host(host).add_prefix("/", *route);
  site->routes.push_back(std::move(route));
  server->site_ = std::move(site);
  return server;
}

void DemoServer::start() {
  for (const OpenListener& listener : parts_.listeners) {
    const auto accept = [this](int socket, const core::Endpoint& peer) {
      Arrived arrived;
      arrived.stream = core::make_tcp_stream(loop_, socket);
      arrived.peer = peer;
      arrived.entry = parts_.entry;
      auto made = std::make_unique<Connection>(*this, std::move(arrived));
      Connection& connection = *made;
      connections_.emplace(&connection, std::move(made));
      connection.start();
    };
    accepting_.push_back(
        std::make_unique<core::Listener>(loop_, listener.sockets.front().descriptor(), accept));
  }
  thread_ = std::thread([this] { loop_.run(); });
}

core::Flow<tls::Accepted> DemoServer::handshake(Arrived& arrived) {
  tls::Arrival arrival;
  arrival.stream = std::move(arrived.stream);
  arrival.certificates = certificates_;
  arrival.local = arrived.local.ip;
  arrival.deadline = core::Deadline::after(loop_, kHandshakeTime);
  return acceptor_->accept(std::move(arrival));
}

void DemoServer::on_connection_end(Connection& connection) {
  const auto found = connections_.find(&connection);
  if (found == connections_.end()) return;
  loop_.retire(std::move(found->second));
  connections_.erase(found);
}

}  // namespace gateway

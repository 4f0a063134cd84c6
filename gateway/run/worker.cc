#include "gateway/run/worker.h"

#include <sys/socket.h>

#include <utility>

#include "core/net/tcp.h"

namespace gateway {
namespace {

constexpr core::Duration kHandshakeTime{10'000};
constexpr std::size_t kLabelKeyBytes = 32;

core::Endpoint local_endpoint(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  return core::Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), length)
      .value_or(core::Endpoint());
}

std::vector<core::Secret> copies(const core::KeyRing& keys) {
  return keys.keys();
}

}  // namespace

Worker::Worker(const WorkerShared& shared)
    : shared_(shared),
      loop_(shared.clock),
      access_buffer_(shared.access_writer == nullptr
                         ? nullptr
                         : std::make_unique<core::LogBuffer>(loop_, *shared.access_writer)),
      access_log_(access_buffer_.get(), shared.access_format),
      network_(loop_, shared.login.config.resolver),
      allowance_(shared.connections),
      label_key_(
          core::derive_key(shared.login.keys.keys().front(), core::Purpose::origin, "", kLabelKeyBytes)),
      tickets_(copies(shared.login.keys), shared.clock),
      certificates_(shared.certificates),
      challenges_(shared.challenges),
      desk_(loop_) {}

Worker::~Worker() {
  // Connections and their exchanges use all of the rest.
  listeners_.clear();
  connections_.clear();
  loop_.turn(false);
  // Kept sessions to origins are retired with their pools, and HTTP/2 says goodbye: while the network they
  // use is there.
  site_.reset();
  loop_.turn(false);
}

core::Result<std::unique_ptr<Worker>> Worker::make(const WorkerShared& shared) {
  std::unique_ptr<Worker> worker(new Worker(shared));
  core::Result<void> built = worker->build();
  if (!built) return core::failure(std::move(built.error()));
  return worker;
}

core::Result<void> Worker::build() {
  const config::Config& config = shared_.login.config;
  if (!config.listen.proxy_protocol.from.empty())
    balancers_.emplace(loop_, shared_.log, config.listen.proxy_protocol, config.limits.http.header_time);
  tls::ServerOptions options;
  options.minimum_version = config.tls.min_version == config::TlsVersion::tls_1_3
                                ? tls::MinimumVersion::tls13
                                : tls::MinimumVersion::tls12;
  options.protocols = {std::string(kH2Protocol), "http/1.1"};
  auto acceptor = tls::Acceptor::make(loop_, network_.scratch(), tickets_, options);
  if (!acceptor) return core::failure(std::move(acceptor.error()));
  acceptor_ = std::move(*acceptor);
  for (const config::Provider& provider : config.login.providers) {
    core::Result<core::HttpClient*> client = network_.http_client(provider);
    if (!client) return core::failure(std::move(client.error()).during("provider " + provider.name));
  }
  for (const config::Client& machine : config.login.clients) {
    core::Result<core::HttpClient*> client = network_.http_client(machine.issuer);
    if (!client) return core::failure(std::move(client.error()).during("client " + machine.name));
  }
  const ProviderClient client_of = [this](const config::Provider& provider) -> core::HttpClient& {
    return **network_.http_client(provider);
  };
  login_ = std::make_unique<LoginSystem>(
      shared_.login, LoginWorker{loop_, desk_, client_of, random_, shared_.log, shared_.audit});
  const WorkerServices services{loop_, random_, shared_.log, access_log_};
  core::Result<std::shared_ptr<Site>> site =
      build_site(SiteParts{config, services, network_, *login_, shared_.https_ports, shared_.upstreams,
                           allowance_, label_key_, shared_.rates, shared_.workers});
  if (!site) return core::failure(std::move(site.error()));
  site_ = std::move(*site);
  if (config.tls.acme) site_->challenges = &challenges_;
  return {};
}

void Worker::listen(int listening_descriptor, Entry entry) {
  listeners_.push_back(std::make_unique<core::Listener>(
      loop_, listening_descriptor,
      [this, entry](int socket, const core::Endpoint& peer) { accept(socket, peer, entry); }));
}

void Worker::accept(int socket, const core::Endpoint& peer, Entry entry) {
  Arrived arrived;
  arrived.local = local_endpoint(socket);
  arrived.stream = core::make_tcp_stream(loop_, socket);
  arrived.peer = peer;
  arrived.entry = entry;
  auto made = std::make_unique<Connection>(*this, std::move(arrived));
  Connection& connection = *made;
  connections_.emplace(&connection, std::move(made));
  if (connections_.size() >= shared_.connections) {
    for (const auto& listener : listeners_) listener->pause();
  }
  connection.start();
}

core::Flow<tls::Accepted> Worker::handshake(Arrived& arrived) {
  certificates_.current();
  tls::Arrival arrival;
  arrival.stream = std::move(arrived.stream);
  arrival.certificates = certificates_.pin();
  if (shared_.login.config.tls.acme) arrival.challenges = challenges_.pin();
  arrival.local = arrived.local.ip;
  arrival.deadline = core::Deadline::after(loop_, kHandshakeTime);
  return acceptor_->accept(std::move(arrival));
}

void Worker::on_connection_end(Connection& connection) {
  const auto found = connections_.find(&connection);
  if (found == connections_.end()) return;
  loop_.retire(std::move(found->second));
  connections_.erase(found);
  if (connections_.size() + 1 == shared_.connections) {
    for (const auto& listener : listeners_) listener->resume();
  }
  if (connections_.empty() && on_drained_) std::exchange(on_drained_, nullptr)();
}

void Worker::become_unready() {
  loop_.post([this] { is_ready_ = false; });
}

void Worker::drain(DrainSteps steps) {
  loop_.post([this, steps = std::move(steps)]() mutable {
    listeners_.clear();
    steps.stopped_accepting();
    std::vector<Connection*> open;
    open.reserve(connections_.size());
    for (const auto& [connection, owned] : connections_) open.push_back(connection);
    on_drained_ = std::move(steps.drained);
    for (Connection* connection : open) connection->drain();
    if (connections_.empty() && on_drained_) std::exchange(on_drained_, nullptr)();
  });
}

void Worker::look_at_standing() {
  loop_.post([this] { site_->standing.look(); });
}

void Worker::say_goodbye(std::function<void(std::size_t count)> told) {
  loop_.post([this, told = std::move(told)] { told(site_->standing.say_goodbye()); });
}

void Worker::stop() {
  loop_.post([this] { loop_.stop(); });
}

}  // namespace gateway

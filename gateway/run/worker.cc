#include "gateway/run/worker.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "core/crypto/digest.h"
#include "core/net/tcp.h"

namespace gateway {
namespace {

constexpr core::Duration kHandshakeTime{10'000};
constexpr core::Duration kLagInterval{1'000};

core::Endpoint local_endpoint(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  return core::Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), length)
      .value_or(core::Endpoint());
}

bool are_equal(const std::vector<core::Secret>& a, const std::vector<core::Secret>& b) {
  return std::ranges::equal(a, b, [](const core::Secret& left, const core::Secret& right) {
    return core::constant_time_equal(left.reveal(), right.reveal());
  });
}

tls::MinimumVersion minimum_of(config::TlsVersion version) {
  return version == config::TlsVersion::tls_1_3 ? tls::MinimumVersion::tls13 : tls::MinimumVersion::tls12;
}

}  // namespace

Worker::Worker(const WorkerShared& shared)
    : shared_(shared),
      loop_(shared.clock),
      access_buffer_(shared.access_writer == nullptr
                         ? nullptr
                         : std::make_unique<core::LogBuffer>(loop_, *shared.access_writer)),
      access_log_(access_buffer_.get(), shared.access_format),
      network_(loop_, shared.resolver),
      allowance_(shared.connections),
      desk_(loop_),
      leaving_timer_(loop_, [this] { let_go_of_the_unused(); }),
      lag_timer_(loop_, [this] { note_lag(); }) {}

Worker::~Worker() {
  // Connections and their exchanges use all of the rest.
  listeners_.clear();
  connections_.clear();
  loop_.discard();
  // Kept sessions to origins are retired with their pools, and HTTP/2 says goodbye: while the network they
  // use is there.
  next_.reset();
  leaving_.clear();
  runtime_.reset();
  loop_.discard();
}

core::Result<void> Worker::prepare(std::shared_ptr<Generation> generation,
                                   std::vector<std::uint16_t> https_ports) {
  const WorkerServices services{loop_, random_, shared_.log, access_log_, &traffic_};
  const RuntimeParts parts{services,   network_,      desk_,          shared_.audit,
                           allowance_, shared_.rates, shared_.workers};
  auto made = Runtime::make(parts, std::move(generation), std::move(https_ports));
  if (!made) return core::failure(std::move(made.error()));
  next_ = std::move(*made);
  for (const std::unique_ptr<Route>& route : next_->site().routes) route->traffic = &traffic_.of(route->name);
  core::Result<void> front = prepare_front();
  if (!front) next_.reset();
  return front;
}

/// Tickets hold for as long as the session keys that theirs are made of.
core::Result<void> Worker::prepare_front() {
  const config::TlsVersion version = next_->config().tls.min_version;
  const std::vector<core::Secret>& keys = next_->keys().keys();
  const bool is_same =
      !fronts_.empty() && fronts_.back().min_version == version && are_equal(fronts_.back().keys, keys);
  if (is_same) return {};
  Front& front = fronts_.emplace_back(keys, version, shared_.clock);
  tls::ServerOptions options;
  options.minimum_version = minimum_of(version);
  options.protocols = {std::string(kH2Protocol), "http/1.1"};
  auto acceptor = tls::Acceptor::make(loop_, network_.scratch(), front.tickets, options);
  if (acceptor) {
    front.acceptor = std::move(*acceptor);
    return {};
  }
  fronts_.pop_back();
  return core::failure(std::move(acceptor.error()));
}

void Worker::take_over(const std::vector<Entrance>& entrances) {
  const config::ListenerLimits& limits = next_->config().limits;
  if (limits_.empty() || !(limits_.back() == limits)) limits_.push_back(limits);
  if (runtime_ != nullptr) {
    leaving_.push_back(std::move(runtime_));
    leaving_timer_.arm(kLookAtLeaving);
  }
  runtime_ = std::move(next_);
  accept_from(entrances);
  look_at_all_standing();
}

void Worker::come_back(const std::vector<Entrance>& entrances) {
  on_drained_ = nullptr;
  accept_from(entrances);
}

void Worker::accept_from(const std::vector<Entrance>& entrances) {
  std::vector<Open> before = std::move(listeners_);
  listeners_.clear();
  for (const Entrance& entrance : entrances) {
    const auto is_it = [&](const Open& open) { return open.entrance == entrance; };
    const auto found = std::ranges::find_if(before, is_it);
    if (found != before.end()) {
      listeners_.push_back({entrance, std::move(found->listener)});
      continue;
    }
    const auto accept = [this, entry = entrance.entry](int socket, const core::Endpoint& peer) {
      this->accept(socket, peer, entry);
    };
    listeners_.push_back({entrance, std::make_unique<core::Listener>(loop_, entrance.descriptor, accept)});
    if (is_full()) listeners_.back().listener->pause();
  }
}

/// Nobody else takes hold of one that only this list holds.
void Worker::let_go_of_the_unused() {
  std::erase_if(leaving_, [](const std::shared_ptr<Runtime>& runtime) { return runtime.use_count() == 1; });
  if (!leaving_.empty()) leaving_timer_.arm(kLookAtLeaving);
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
  const auto listener = std::min(static_cast<std::size_t>(entry), traffic_.connections_begun.size() - 1);
  traffic_.connections_begun[listener].add();
  if (is_full()) {
    for (const Open& open : listeners_) open.listener->pause();
  }
  connection.start();
}

core::Flow<tls::Accepted> Worker::handshake(Arrived& arrived) {
  tls::Arrival arrival;
  arrival.stream = std::move(arrived.stream);
  arrival.certificates = runtime_->certificates().pin();
  if (runtime_->challenges() != nullptr) arrival.challenges = runtime_->challenges()->pin();
  arrival.demands = runtime_->pinned_client_demands();
  arrival.local = arrived.local.ip;
  arrival.deadline = core::Deadline::after(loop_, kHandshakeTime);
  return fronts_.back().acceptor->accept(std::move(arrival));
}

void Worker::on_connection_end(Connection& connection) {
  const auto found = connections_.find(&connection);
  if (found == connections_.end()) return;
  loop_.retire(std::move(found->second));
  connections_.erase(found);
  traffic_.connections_ended.add();
  if (connections_.size() + 1 == shared_.connections) {
    for (const Open& open : listeners_) open.listener->resume();
  }
  if (connections_.empty()) be_drained();
}

void Worker::be_drained() {
  if (!on_drained_) return;
  if (runtime_->tracer() != nullptr) runtime_->tracer()->hand_over();
  std::exchange(on_drained_, nullptr)();
}

void Worker::become_unready() {
  loop_.post([this] { is_ready_ = false; });
}

void Worker::measure_lag() {
  loop_.post([this] {
    lag_due_ = loop_.now() + kLagInterval;
    lag_timer_.arm(kLagInterval);
  });
}

void Worker::note_lag() {
  const auto late = std::max(loop_.clock().steady() - lag_due_, core::SteadyTime::duration::zero());
  traffic_.lag.note(std::chrono::duration<double>(late).count());
  lag_due_ = loop_.now() + kLagInterval;
  lag_timer_.arm(kLagInterval);
}

void Worker::drain(DrainSteps steps) {
  loop_.post([this, steps = std::move(steps)]() mutable {
    listeners_.clear();
    steps.stopped_accepting();
    std::vector<Connection*> open;
    open.reserve(connections_.size());
    for (const auto& [connection, owned] : connections_) open.push_back(connection);
    on_drained_ = std::move(steps.drained);
    for (Connection* connection : open) connection->drain(steps.patience);
    if (connections_.empty()) be_drained();
  });
}

void Worker::look_at_standing() {
  loop_.post([this] { look_at_all_standing(); });
}

void Worker::look_at_all_standing() {
  const std::vector<std::shared_ptr<Runtime>> left = leaving_;
  for (const std::shared_ptr<Runtime>& runtime : left) runtime->site().standing.look();
  runtime_->site().standing.look();
}

void Worker::say_goodbye(std::function<void(std::size_t count)> told) {
  loop_.post([this, told = std::move(told)] {
    std::size_t count = runtime_->site().standing.say_goodbye();
    const std::vector<std::shared_ptr<Runtime>> left = leaving_;
    for (const std::shared_ptr<Runtime>& runtime : left) count += runtime->site().standing.say_goodbye();
    told(count);
  });
}

void Worker::stop() {
  loop_.post([this] { loop_.stop(); });
}

}  // namespace gateway

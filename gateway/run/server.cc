#include "gateway/run/server.h"

#include <fmt/format.h>

#include <csignal>
#include <optional>
#include <utility>

#include "core/storage/sealed_storage.h"
#include "gateway/run/announcement.h"
#include "gateway/run/certificate_commands.h"
#include "gateway/run/descriptors.h"
#include "gateway/run/open_storage.h"
#include "gateway/run/session_commands.h"
#include "gateway/session/session_keys.h"

namespace gateway {
namespace {

// How soon a session that another replica ended is ended here.
constexpr core::Duration kLookAgain = std::chrono::seconds(2);
// Beyond shutdown.timeout, for the Close frames of sockets to leave.
constexpr core::Duration kPartingTime{500};

/// Runs `flow` on a loop that nothing else runs yet.
template <typename T>
core::Result<T> run_to_end(core::Loop& loop, core::Flow<T> flow) {
  std::optional<core::Result<T>> result;
  core::RunningFlow<T> running;
  running.start(std::move(flow), [&](core::Result<T> ended) { result.emplace(std::move(ended)); });
  while (!result) loop.turn(true);
  return std::move(*result);
}

std::size_t connections_for_each(const config::ListenerLimits& limits, const DescriptorUse& use,
                                 const core::Log& log) {
  const std::size_t descriptors = raise_descriptor_limit();
  const std::size_t all = limits.connections.value_or(automatic_connections(descriptors, use));
  if (const std::size_t needed = descriptors_for(all, use); needed > descriptors) {
    log.warn(
        "limits.connections is more than there are descriptors for; raise their limit (systemd: LimitNOFILE)",
        {{"connections", all}, {"descriptors", descriptors}, {"needed", needed}});
  }
  return std::max<std::size_t>(1, all / use.workers);
}

/// Where nobody can sign in and nothing is issued, nothing has to outlive a restart.
bool must_keep_entries(const config::Config& config) {
  return !config.login.providers.empty() || config.tls.acme;
}

}  // namespace

Server::Server(ServerParts parts)
    : parts_(std::move(parts)),
      loop_(parts_.clock),
      network_(loop_, parts_.config.resolver),
      policies_(loop_, parts_.log, parts_.config.policies),
      shutdown_timer_(loop_, [this] { on_shutdown_timer(); }) {
  desk_.emplace(loop_);
}

Server::~Server() {
  end();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  workers_.clear();
  // Questions of workers wait inside the directory; its fetches end in connections that use the network.
  desk_.reset();
  kept_sessions_.reset();
  directory_.reset();
  upstreams_.reset();
  control_.reset();
  issuance_.reset();
  loop_.turn(false);
}

core::Result<std::unique_ptr<Server>> Server::make(ServerParts parts) {
  std::unique_ptr<Server> server(new Server(std::move(parts)));
  core::Result<void> prepared = server->prepare();
  if (!prepared) return core::failure(std::move(prepared.error()));
  return server;
}

core::Result<void> Server::prepare() {
  for (const auto step : {&Server::open_storage, &Server::load_certificates, &Server::make_directory,
                          &Server::watch_upstreams, &Server::make_workers, &Server::open_control}) {
    core::Result<void> done = (this->*step)();
    if (!done) return done;
  }
  return {};
}

core::Result<void> Server::open_storage() {
  const config::Login& login = parts_.config.login;
  if (!must_keep_entries(parts_.config)) {
    storage_ = core::make_memory_storage(parts_.clock);
  } else {
    auto opened =
        gateway::open_storage(parts_.config.storage, {loop_, network_, random_, parts_.clock, parts_.log});
    if (!opened) return core::failure(std::move(opened.error()));
    unsealed_ = std::move(opened->inner);
    storage_ = std::move(opened->entries);
  }
  if (unsealed_ != nullptr) {
    auto sealed = run_to_end(loop_, core::seal_what_is_stored(*unsealed_, *storage_, parts_.log));
    if (!sealed) return core::failure(std::move(sealed.error()));
  }
  auto keys = run_to_end(loop_, load_session_keys(login.session.keys, *storage_, loop_));
  if (!keys) return core::failure(std::move(keys.error()));
  keys_ = std::make_unique<core::KeyRing>(std::move(*keys));
  revocations_ = std::make_unique<RevocationList>(*storage_, parts_.clock, parts_.log);
  logouts_ = std::make_unique<LogoutRegister>(
      LogoutRegisterParts{*revocations_, *storage_, parts_.clock, login.session.lifetime});
  auto loaded = run_to_end(loop_, revocations_->load());
  if (!loaded) return core::failure(std::move(loaded.error()));
  return {};
}

core::Result<void> Server::load_certificates() {
  issuance_ = std::make_unique<Issuance>(IssuanceParts{
      loop_, random_, parts_.log, *storage_, must_keep_entries(parts_.config), network_, parts_.config});
  core::Result<void> loaded = issuance_->load();
  if (!loaded) return loaded;
  core::Result<core::Done> stored = run_to_end(loop_, issuance_->load_stored());
  if (!stored) return core::failure(std::move(stored.error()));
  return {};
}

core::Result<void> Server::make_directory() {
  std::vector<DirectoryEntry> entries;
  for (const config::Provider& provider : parts_.config.login.providers) {
    if (provider.type == config::ProviderType::github) continue;  // has neither metadata nor keys
    core::Result<core::HttpClient*> client = network_.http_client(provider);
    if (!client) return core::failure(std::move(client.error()).during("provider " + provider.name));
    entries.push_back({&provider, *client});
  }
  for (const config::Client& machine : parts_.config.login.clients) {
    core::Result<core::HttpClient*> client = network_.http_client(machine.issuer);
    if (!client) return core::failure(std::move(client.error()).during("client " + machine.name));
    entries.push_back({&machine.issuer, *client});
  }
  directory_ = std::make_unique<ProviderDirectory>(std::move(entries),
                                                   ProviderDirectory::Services{loop_, random_, parts_.log});
  auto kept = KeptSessions::make({parts_.config,
                                  {loop_, network_, random_, parts_.clock, parts_.log},
                                  *storage_,
                                  *keys_,
                                  *revocations_,
                                  *directory_});
  if (!kept) return core::failure(std::move(kept.error()));
  kept_sessions_ = std::move(*kept);
  return {};
}

core::Result<void> Server::watch_upstreams() {
  UpstreamWatchParts parts{loop_, network_.resolver(), parts_.log, random_.number(), {}};
  parts.client = [this](const config::Upstream& upstream) {
    const auto protocol = upstream.is_http2() ? core::FetchProtocol::http2 : core::FetchProtocol::http1;
    return network_.http_client(upstream.tls, protocol);
  };
  auto watch = UpstreamWatch::make(parts_.config, std::move(parts));
  if (!watch) return core::failure(std::move(watch.error()));
  upstreams_ = std::move(*watch);
  return {};
}

core::Result<void> Server::make_workers() {
  const unsigned count = parts_.config.workers.value_or(usable_cores());
  auto listeners = open_listeners(parts_.config.listen, count, std::move(parts_.inherited));
  if (!listeners) return core::failure(std::move(listeners.error()));
  listeners_ = std::move(*listeners);
  DescriptorUse use{.workers = count, .listening_sockets = 0};
  for (const OpenListener& listener : listeners_) use.listening_sockets += listener.sockets.size();
  connections_each_ = connections_for_each(parts_.config.limits, use, parts_.log);
  WorkerShared shared{
      .clock = parts_.clock,
      .log = parts_.log,
      .audit = parts_.audit,
      .access_writer = parts_.access_writer,
      .access_format = parts_.access_format,
      .certificates = issuance_->shelf().certificates(),
      .challenges = issuance_->shelf().challenges(),
      .login = {parts_.config, *keys_, *directory_, *revocations_, *logouts_, policies_.published(),
                redeemed_, *desk_, kept_sessions_ == nullptr ? nullptr : &kept_sessions_->sessions()},
      .https_ports = {},
      .connections = connections_each_,
      .upstreams = *upstreams_,
      .rates = rates_,
      .workers = count,
  };
  for (const OpenListener& listener : listeners_) {
    if (listener.entry == Entry::https) shared.https_ports.push_back(listener.local.port);
  }
  for (unsigned i = 0; i < count; ++i) {
    auto worker = Worker::make(shared);
    if (!worker) return core::failure(std::move(worker.error()));
    for (const OpenListener& listener : listeners_)
      (*worker)->listen(listener.descriptor_of(i), listener.entry);
    workers_.push_back(std::move(*worker));
  }
  return {};
}

core::Result<void> Server::open_control() {
  const std::string& path = parts_.config.listen.control;
  if (path.empty()) return {};
  auto opened = ControlSocket::open(loop_, parts_.log, path);
  if (!opened) return core::failure(std::move(opened.error()));
  control_ = std::move(*opened);
  if (issuance_->keeper() != nullptr) add_certificate_commands(*issuance_->keeper(), *control_);
  control_->add(make_revoke_sessions({*revocations_, parts_.config.login, parts_.clock, parts_.audit}));
  control_->start();
  return {};
}

void Server::run() {
  std::signal(SIGPIPE, SIG_IGN);
  for (const int number : {SIGTERM, SIGINT}) {
    signals_.push_back(std::make_unique<core::SignalWatch>(loop_, number, [this] { on_end_signal(); }));
  }
  signals_.push_back(std::make_unique<core::SignalWatch>(loop_, SIGHUP, [this] {
    parts_.log.warn("reloading is not supported yet; restart to apply a changed gateway.yaml");
  }));
  const auto look = [this] {
    for (const auto& worker : workers_) worker->look_at_standing();
  };
  revocations_->tell(look);
  revocations_->follow(loop_, kLookAgain);
  policies_.tell(look);
  directory_->start();
  policies_.start();
  upstreams_->start();
  issuance_->start();
  start_workers();
  announce_start({parts_.config, listeners_, workers_.size(), connections_each_ * workers_.size()},
                 parts_.log);
  loop_.run();
}

void Server::start_workers() {
  // Signals are control's: a worker inherits a mask that blocks all of them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (const auto& worker : workers_) {
    threads_.emplace_back([&worker] { worker->run(); });
    pthread_setname_np(threads_.back().native_handle(), fmt::format("worker-{}", threads_.size()).c_str());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Server::on_end_signal() {
  if (state_ != State::serving) {
    parts_.log.warn("told to end a second time: ending at once");
    return end();
  }
  state_ = State::not_ready;
  issuance_->wind_down(tls::WindDown::begin_nothing);
  for (const auto& worker : workers_) worker->become_unready();
  parts_.log.info("told to end: not ready any more",
                  {{"delay_ms", parts_.config.shutdown.delay.count()},
                   {"timeout_ms", parts_.config.shutdown.timeout.count()}});
  shutdown_timer_.arm(parts_.config.shutdown.delay);
}

void Server::drain() {
  state_ = State::draining;
  issuance_->wind_down(tls::WindDown::prove_nothing);  // listeners are about to close
  control_.reset();                                    // a successor may have its name
  shutdown_timer_.arm(parts_.config.shutdown.timeout);
  busy_workers_ = accepting_workers_ = workers_.size();
  for (const auto& worker : workers_) {
    worker->drain({.stopped_accepting = [this] { loop_.post([this] { on_worker_closed(); }); },
                   .drained = [this] { loop_.post([this] { on_worker_drained(); }); }});
  }
}

void Server::on_worker_closed() {
  if (--accepting_workers_ == 0) listeners_.clear();
}

void Server::on_worker_drained() {
  const bool is_waiting = state_ == State::draining || state_ == State::parting;
  if (!is_waiting || --busy_workers_ != 0) return;
  if (state_ == State::draining) parts_.log.info("drained: every request was answered");
  end();
}

void Server::on_shutdown_timer() {
  switch (state_) {
    case State::not_ready:
      return drain();
    case State::draining:
      return part();
    default:
      return end();
  }
}

void Server::part() {
  state_ = State::parting;
  shutdown_timer_.arm(kPartingTime);
  parting_workers_ = workers_.size();
  for (const auto& worker : workers_) {
    worker->say_goodbye([this](std::size_t told) { loop_.post([this, told] { on_worker_parted(told); }); });
  }
}

void Server::on_worker_parted(std::size_t told) {
  told_sockets_ += told;
  if (--parting_workers_ == 0 && told_sockets_ == 0) end();
}

void Server::end() {
  if (std::exchange(state_, State::ended) == State::ended) return;
  shutdown_timer_.disarm();
  for (const auto& worker : workers_) worker->stop();
  loop_.stop();
}

}  // namespace gateway

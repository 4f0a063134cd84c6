#include "gateway/run/server.h"

#include <fmt/format.h>

#include <csignal>
#include <optional>
#include <utility>

#include "core/storage/sealed_storage.h"
#include "gateway/run/announcement.h"
#include "gateway/run/approval_commands.h"
#include "gateway/run/certificate_commands.h"
#include "gateway/run/descriptors.h"
#include "gateway/run/log_level_command.h"
#include "gateway/run/open_storage.h"
#include "gateway/run/profile_command.h"
#include "gateway/run/reload_command.h"
#include "gateway/run/run_to_end.h"
#include "gateway/run/self_test.h"
#include "gateway/run/session_commands.h"
#include "gateway/run/status_commands.h"
#include "gateway/run/token_commands.h"

namespace gateway {
namespace {

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

}  // namespace

Server::Server(ServerParts parts)
    : parts_(std::move(parts)),
      loop_(parts_.clock),
      network_(loop_, parts_.config->resolver),
      leaving_timer_(loop_, [this] { let_go_of_the_unused(); }),
      supervisor_(config::ProcessEnvironment()),
      shutdown_timer_(loop_, [this] { on_shutdown_timer(); }) {
  make_reloading();
  upgrading_.emplace(loop_, parts_.log, "no other process has taken over: this one goes on",
                     [this] { return upgrade(); });
  reloads_.last_success = started_;
}

Server::~Server() {
  end();
  admin_.reset();
  control_.reset();  // operators wait for reloads
  reloading_.reset();
  upgrading_.reset();
  workers_.reset();
  last_spans_.cancel();
  // The fetches of all of these end in connections that use the network.
  leaving_.clear();
  generation_.reset();
  sharing_.reset();
  revocations_.reset();
  storage_.reset();
  uncounted_.reset();
  unsealed_.reset();
  loop_.discard();
}

core::Result<std::unique_ptr<Server>> Server::make(ServerParts parts) {
  std::unique_ptr<Server> server(new Server(std::move(parts)));
  core::Result<void> prepared = server->prepare();
  if (!prepared) return core::failure(std::move(prepared.error()));
  return server;
}

core::Result<void> Server::prepare() {
  note_files();
  for (const auto step :
       {&Server::open_storage, &Server::make_generation, &Server::test_itself, &Server::reach_services,
        &Server::reach_providers, &Server::make_workers, &Server::open_first_control}) {
    core::Result<void> done = (this->*step)();
    if (!done) return done;
  }
  return {};
}

ProcessParts Server::process() {
  return {loop_,     random_,          parts_.clock,  parts_.log, parts_.audit, network_,
          *storage_, is_storage_kept_, *revocations_, redeemed_,  spans_};
}

core::Result<void> Server::open_storage() {
  const config::Config& config = *parts_.config;
  is_storage_kept_ = must_keep_entries(config);
  if (!is_storage_kept_) {
    storage_ = core::make_memory_storage(parts_.clock);
  } else {
    auto opened =
        gateway::open_storage(config.storage, {loop_, of_storage_, random_, parts_.clock, parts_.log});
    if (!opened) return core::failure(std::move(opened.error()));
    unsealed_ = std::move(opened->inner);
    storage_ = std::move(opened->entries);
  }
  uncounted_ = std::exchange(storage_, nullptr);
  storage_ = core::make_counted_storage(*uncounted_, storage_counts_, parts_.clock);
  core::Result<void> sealed = seal_storage();
  if (!sealed) return sealed;
  share_rates();
  revocations_ = std::make_unique<RevocationList>(*storage_, parts_.clock, parts_.log);
  auto loaded = run_to_end(loop_, revocations_->load());
  if (!loaded) return core::failure(std::move(loaded.error()));
  return {};
}

/// With other replicas, where the storage can be one of several.
void Server::share_rates() {
  const std::optional<core::Duration> interval =
      is_storage_kept_ ? rate_sharing_interval(parts_.config->storage.kind) : std::nullopt;
  rates_.emplace(interval ? RateTable::Sharing::on : RateTable::Sharing::off);
  if (!interval) return;
  sharing_ = std::make_unique<RateSharing>(
      RateSharingParts{loop_, *storage_, random_, parts_.log, *rates_, *interval});
}

core::Result<void> Server::seal_storage() {
  if (unsealed_ == nullptr) return {};
  if (parts_.predecessor != nullptr) {
    // It has no key yet, and goes on reading until this process serves, or for good if this one fails.
    auto is_sealed = run_to_end(loop_, core::is_sealed(*storage_));
    if (!is_sealed) return core::failure(std::move(is_sealed.error()));
    if (*is_sealed) return {};
    return core::failure(core::ErrorKind::refused, core::Side::configuration,
                         "storage_key: the process before has stored in the clear; a restart seals that, an "
                         "upgrade cannot");
  }
  auto sealed = run_to_end(loop_, core::seal_what_is_stored(*unsealed_, *storage_, parts_.log));
  if (!sealed) return core::failure(std::move(sealed.error()));
  return {};
}

core::Result<void> Server::make_generation() {
  auto made = run_to_end(loop_, Generation::make(process(), parts_.config, nullptr));
  if (!made) return core::failure(std::move(made.error()));
  generation_ = std::move(*made);
  parts_.config = nullptr;  // the generation has it
  return {};
}

core::Result<void> Server::test_itself() {
  const auto tested = self_test(config());
  if (!tested) return core::failure(tested.error());
  parts_.log.info("self-test passed", {{"shapes", tested->shapes}, {"requests", tested->requests}});
  return {};
}

core::Result<void> Server::reach_services() {
  auto reached = run_to_end(loop_, generation_->reach_services());
  if (!reached) return core::failure(std::move(reached.error()));
  return {};
}

/// A predecessor or the other replicas serve meanwhile. Where nobody does, people may as well meet the page
/// that says so.
core::Result<void> Server::reach_providers() {
  if (parts_.predecessor == nullptr && sharing_ == nullptr) return {};
  auto reached = run_to_end(loop_, generation_->reach_providers());
  if (!reached) return core::failure(std::move(reached.error()));
  return {};
}

core::Result<void> Server::make_workers() {
  const unsigned count = config().workers.value_or(usable_cores());
  auto listeners = open_listeners(config().listen, count, std::move(parts_.inherited));
  if (!listeners) return core::failure(std::move(listeners.error()));
  listeners_ = std::move(*listeners);
  DescriptorUse use{.workers = count, .listening_sockets = 0};
  for (const OpenListener& listener : listeners_) use.listening_sockets += listener.sockets.size();
  if (!config().listen.admin.empty() || !config().listen.admin_socket.empty())
    use.listening_sockets += config().listen.admin.size() + 1 + AdminListener::kMostConnections;
  connections_each_ = connections_for_each(config().limits, use, parts_.log);
  const WorkerShared shared{
      .clock = parts_.clock,
      .log = parts_.log,
      .audit = parts_.audit,
      .access_writer = parts_.access_writer,
      .access_format = parts_.access_format,
      .resolver = config().resolver,
      .connections = connections_each_,
      .rates = *rates_,
      .workers = count,
  };
  workers_ = std::make_unique<Workers>(loop_, shared);
  auto prepared = run_to_end(loop_, workers_->prepare(generation_, https_ports_of(listeners_)));
  if (!prepared) return core::failure(std::move(prepared.error()));
  workers_->take_over(listeners_, {});
  return {};
}

/// While a predecessor has the name and the address, it keeps them.
core::Result<void> Server::open_first_control() {
  if (parts_.predecessor != nullptr) return {};
  core::Result<void> opened = open_control();
  if (!opened) return opened;
  return open_admin();
}

core::Result<void> Server::open_control() {
  const std::string& path = config().listen.control;
  if (path.empty()) return {};
  auto opened = ControlSocket::open(loop_, parts_.log, path);
  if (!opened) return core::failure(std::move(opened.error()));
  control_ = std::move(*opened);
  offer_commands();
  control_->start();
  return {};
}

core::Result<void> Server::open_admin() {
  const config::Listen& listen = config().listen;
  if (listen.admin.empty() && listen.admin_socket.empty()) return {};
  auto opened = AdminListener::open(loop_, parts_.log, *this, listen);
  if (!opened) return core::failure(std::move(opened.error()));
  admin_ = std::move(*opened);
  workers_->measure_lag();
  return {};
}

std::vector<std::string> Server::reasons_not_ready() const {
  switch (state_) {
    case State::serving:
      return {};
    case State::not_ready:
      return {"told to end: nothing new should come, though it is still accepted"};
    default:
      return {"told to end: finishing what is running, nothing new is accepted"};
  }
}

std::string Server::metrics() const {
  const std::vector<const Traffic*> counted = workers_->counted();
  return metrics_page({counted, *generation_, reloads_, started_, parts_.ledger, storage_counts_, spans_,
                       state_ == State::serving, sharing_ == nullptr ? nullptr : &sharing_->counts()});
}

StatusReport Server::status_report() const {
  const std::vector<const Traffic*> counted = workers_->counted();
  const std::vector<core::Endpoint> none;
  StatusReport report = gateway::status_report({*generation_, counted, listeners_,
                                                admin_ == nullptr ? none : admin_->addresses(), reloads_,
                                                parts_.ledger, storage_counts_});
  report.now = parts_.clock.wall();
  report.started = started_;
  report.file = parts_.config_file;
  report.not_ready = reasons_not_ready();
  report.most_connections = connections_each_ * workers_->count();
  return report;
}

bool Server::ask_reload() {
  if (!reloading_ || !parts_.load || state_ != State::serving) return false;
  reloading_->work().ask();
  return true;
}

/// Each keeps hold of the generation that it works on.
void Server::offer_commands() {
  if (control_ == nullptr) return;
  struct Offered {
    std::shared_ptr<Generation> generation;
    ControlCommands commands;
  };
  const auto offered = std::make_shared<Offered>(generation_, ControlCommands());
  ControlCommands& commands = offered->commands;
  tls::Keeper* keeper = generation_->issuance().keeper();
  if (keeper != nullptr) add_certificate_commands(*keeper, commands);
  TokenRegister* tokens = generation_->tokens();
  const SessionCommandParts sessions{
      *revocations_, config().login, parts_.clock, parts_.audit, generation_->known_sessions(), tokens};
  commands.push_back(make_list_sessions(sessions));
  commands.push_back(make_revoke_sessions(sessions));
  commands.push_back(make_list_tokens({tokens, parts_.audit}));
  commands.push_back(make_revoke_token({tokens, parts_.audit}));
  if (ApprovalList* approvals = generation_->approvals())
    add_approval_commands({*approvals, generation_->desk(), parts_.audit}, commands);
  commands.push_back(make_status([this] { return status_report(); }));
  commands.push_back(make_profile(loop_));
  commands.push_back(make_log_level(parts_.log, config().log.level, parts_.audit));
  if (parts_.load) commands.push_back(make_reload(reloading_->work()));
  if (!parts_.program.path.empty()) commands.push_back(make_upgrade(*upgrading_));
  std::vector<std::shared_ptr<ControlCommand>> shared;
  for (const auto& command : commands) shared.emplace_back(offered, command.get());
  control_->offer(std::move(shared));
}

void Server::run() {
  std::signal(SIGPIPE, SIG_IGN);
  for (const int number : kEndSignals) {
    signals_.push_back(std::make_unique<core::SignalWatch>(loop_, number, [this] { on_end_signal(); }));
  }
  signals_.push_back(std::make_unique<core::SignalWatch>(loop_, SIGHUP, [this] {
    if (reloading_ && parts_.load) reloading_->work().ask();
  }));
  signals_.push_back(std::make_unique<core::SignalWatch>(loop_, SIGUSR2, [this] {
    if (upgrading_ && !parts_.program.path.empty()) upgrading_->ask();
  }));
  signals_.push_back(std::make_unique<core::SignalWatch>(loop_, SIGUSR1, [this] { reopen_logs(); }));
  core::let_signals_through(kRequestSignals);
  revocations_->tell([this] { workers_->look_at_standing(); });
  revocations_->follow(loop_, kLookAgain);
  follow();
  if (sharing_ != nullptr) sharing_->start(generation_->keys());
  workers_->start();
  announce_start({config(), listeners_, workers_->count(), connections_each_ * workers_->count(),
                  admin_ == nullptr ? std::vector<core::Endpoint>() : admin_->addresses()},
                 parts_.log);
  if (parts_.predecessor == nullptr) {
    become_the_service();
  } else {
    parts_.predecessor->say_ready(loop_, [this] { become_the_service(); });
  }
  loop_.run();
  // What is left is over in a moment. One more signal would find nobody who watches for it, and its usual
  // effect is an end that looks like a failure.
  core::hold_back_signals(kRequestSignals);
  core::hold_back_signals(kEndSignals);
}

void Server::reopen_logs() const {
  const core::Result<void> opened = parts_.reopen_logs();
  if (opened) return parts_.log.info("log files were opened again");
  parts_.log.error("a log file could not be opened again: the one before is written on",
                   {{"error", opened.error().text}});
}

std::string Server::status() const {
  return fmt::format("serving {} routes", config().routes.size());
}

}  // namespace gateway

// Server: another configuration in the place of the one that is served, all of it or nothing.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/text/count.h"
#include "gateway/run/config_changes.h"
#include "gateway/run/log_level_command.h"
#include "gateway/run/open_storage.h"
#include "gateway/run/self_test.h"
#include "gateway/run/server.h"

namespace gateway {
namespace {

constexpr std::size_t kMostNamed = 20;

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNamed); ++i)
    text.append(text.empty() ? "" : ", ").append(names[i]);
  if (names.size() > kMostNamed) text.append(fmt::format(" and {} more", names.size() - kMostNamed));
  return text;
}

std::unexpected<core::Error> refuse(std::string why) {
  return core::failure(core::ErrorKind::refused, core::Side::configuration, std::move(why));
}

/// What must be read again when it changes. Certificates, lists of e-mails and of groups are followed by
/// those who use them.
std::set<std::string> watched_files(const std::string& file, const config::Config& config) {
  std::set<std::string> files(config.referenced_files.begin(), config.referenced_files.end());
  for (const config::CertificateFiles& certificate : config.tls.certificates) {
    files.erase(certificate.certificate);
    files.erase(certificate.key);
  }
  for (const Policies::List& list : Policies(config.policies).lists()) files.erase(list.path);
  for (const config::CertificateClient& client : config.login.certificate_clients) {
    files.erase(client.ca_file);
    files.erase(client.crl_file);
  }
  files.insert(file);
  return files;
}

}  // namespace

void Server::make_reloading() {
  reloading_.emplace(loop_, parts_.log, [this] { return reload(); });
}

void Server::follow() {
  generation_->start([this] { workers_->look_at_standing(); });
  if (parts_.load) follow_files();
}

/// A start takes its time, and is followed by the first look at the files.
void Server::note_files() {
  for (const std::string& file : watched_files(parts_.config_file, *parts_.config))
    first_read_[file] = config::stamp_of(file);
  first_read_[parts_.config_file] = parts_.config_stamp;
}

void Server::follow_files() {
  reloading_->watch(watched_files(parts_.config_file, config()), std::exchange(first_read_, {}));
}

core::Result<std::shared_ptr<const config::Config>> Server::load_again() {
  config::LoadOutcome outcome = parts_.load();
  // At once, for what changes while the rest is made; of a refused file, the files that it names as well.
  std::set<std::string> files =
      watched_files(parts_.config_file, outcome.config ? *outcome.config : config());
  if (!outcome.config) files.insert(outcome.referenced_files.begin(), outcome.referenced_files.end());
  reloading_->watch(files);
  for (const config::Diagnostic& warning : outcome.warnings)
    parts_.log.warn("gateway.yaml", {{"line", warning.at.line}, {"warning", warning.message}});
  for (const config::Diagnostic& error : outcome.errors)
    parts_.log.error("gateway.yaml",
                     {{"line", error.at.line}, {"error", error.message}, {"mend", error.mend}});
  if (!outcome.config) {
    const config::Diagnostic& first = outcome.errors.front();
    return refuse(fmt::format(
        "{}:{}: {}{}", parts_.config_file, first.at.line, first.message,
        outcome.errors.size() > 1 ? fmt::format(" (and {} errors more)", outcome.errors.size() - 1) : ""));
  }
  if (must_keep_entries(*outcome.config) && !is_storage_kept_)
    return refuse("sign-in, tls.acme and replicas need storage, which is opened at the start: restart");
  const std::vector<std::string> left = keep_what_a_start_decides(config(), *outcome.config);
  if (!left.empty()) parts_.log.warn("changed, but only a restart applies it", {{"keys", listed(left)}});
  return std::make_shared<const config::Config>(std::move(*outcome.config));
}

core::Flow<std::string> Server::reload() {
  supervisor_.reloading();
  core::Result<std::string> end = co_await core::attempt(serve_the_file_again());
  reloads_.last_succeeded = end.has_value();
  ++(end ? reloads_.succeeded : reloads_.failed);
  reloads_.last_error = end ? std::string() : end.error().text;
  if (end) reloads_.last_success = parts_.clock.wall();
  supervisor_.ready(end ? status() : status() + "; the changed file was refused: " + end.error().text);
  co_return end;
}

core::Flow<std::string> Server::serve_the_file_again() {
  auto loaded = load_again();
  std::shared_ptr<const config::Config> config = co_await std::move(loaded);
  const RouteChanges changes = route_changes(generation_->config(), *config);
  std::shared_ptr<Generation> next = co_await Generation::make(process(), config, generation_);
  auto tested = self_test(*config);
  const SelfTestReport passed = co_await std::move(tested);
  co_await next->reach_services();
  co_await next->reach_providers();
  // Held here until no worker does: it ends on this thread.
  leaving_.push_back(next);
  leaving_timer_.arm(kLookAtLeaving);
  auto opened = open_listeners(config->listen, static_cast<unsigned>(workers_->count()), {}, listeners_);
  std::vector<OpenListener> further = co_await std::move(opened);
  std::vector<std::uint16_t> ports = https_ports_of(further);
  for (const OpenListener& listener : listeners_) {
    const bool stays = listener.entry == Entry::https && is_wanted(listener, config->listen);
    if (stays) ports.push_back(listener.local.port);
  }
  co_await workers_->prepare(next, ports);
  take_over(next, std::move(further));
  change_log_level(parts_.log, config->log.level, parts_.audit, "a reload");
  parts_.log.info("self-test passed", {{"shapes", passed.shapes}, {"requests", passed.requests}});
  parts_.log.info("reloaded", {{"routes", config->routes.size()},
                               {"added", listed(changes.added)},
                               {"removed", listed(changes.removed)},
                               {"changed", listed(changes.changed)}});
  co_return fmt::format("reloaded: {}; {} added, {} removed, {} changed",
                        core::count_of(config->routes.size(), "route"), changes.added.size(),
                        changes.removed.size(), changes.changed.size());
}

void Server::take_over(std::shared_ptr<Generation> next, std::vector<OpenListener> opened) {
  std::vector<OpenListener> kept;
  std::vector<OpenListener> closed;
  for (OpenListener& listener : listeners_)
    (is_wanted(listener, next->config().listen) ? kept : closed).push_back(std::move(listener));
  listeners_ = std::move(kept);
  for (OpenListener& listener : opened) listeners_.push_back(std::move(listener));
  for (const OpenListener& listener : closed)
    parts_.log.info("listening no more", {{"address", listener.local.text()}});
  next->succeed(*generation_);
  workers_->take_over(listeners_, std::move(closed));
  std::erase(leaving_, next);
  generation_->step_back(*next);
  leaving_.push_back(std::exchange(generation_, std::move(next)));
  leaving_timer_.arm(kLookAtLeaving);
  if (sharing_ != nullptr) sharing_->use(generation_->keys());
  follow();
  offer_commands();
}

/// Nobody else takes hold of one that only this list holds.
void Server::let_go_of_the_unused() {
  std::erase_if(leaving_, [](const std::shared_ptr<Generation>& generation) {
    return generation.use_count() == 1 && generation->is_idle();
  });
  if (!leaving_.empty()) leaving_timer_.arm(kLookAtLeaving);
}

}  // namespace gateway

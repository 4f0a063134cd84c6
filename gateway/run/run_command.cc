#include "gateway/run/run_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/loader.h"
#include "core/loop/log_writer.h"
#include "core/loop/signals.h"
#include "gateway/model/audit.h"
#include "gateway/run/journal.h"
#include "gateway/run/server.h"

namespace gateway {
namespace {

int fail(const core::Error& error) {
  fmt::print(stderr, "gateway: {}\n", error.text);
  return 2;
}

/// A log's file, to be appended to. `key` names it to who has to mend it.
core::Result<int> open_log_file(std::string_view key, const std::string& path) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (descriptor >= 0) return descriptor;
  return core::failure(core::ErrorKind::unavailable, core::Side::configuration,
                       fmt::format("cannot write {} {}: {}; make the folder, or give this user the right to "
                                   "write there",
                                   key, path, std::strerror(errno)));
}

/// The log's writers as the configuration asks for them: events on standard error, access lines and audit
/// where they belong.
class Logs {
 public:
  Logs(const config::LogSettings& settings, const core::Clock& clock)
      : clock_(clock),
        prefix_(journal_prefix(config::ProcessEnvironment(), STDERR_FILENO)),
        events_({.descriptor = STDERR_FILENO, .format = event_format(settings), .prefix = prefix_}, clock),
        log_(events_, event_format(settings), settings.level, clock, prefix_) {
    audit_log_.emplace(events_, event_format(settings), core::LogLevel::info, clock, prefix_);
  }
  ~Logs() {
    access_.reset();
    audit_log_.reset();
    audit_file_.reset();
    for (const int descriptor : {access_descriptor_, audit_descriptor_}) {
      if (descriptor > STDERR_FILENO) close(descriptor);
    }
  }
  Logs(const Logs&) = delete;
  Logs& operator=(const Logs&) = delete;

  core::Result<void> open_access(const config::LogSettings& settings) {
    switch (settings.access) {
      case config::AccessLogTarget::off:
        return {};
      case config::AccessLogTarget::standard_output:
        access_descriptor_ = STDOUT_FILENO;
        break;
      case config::AccessLogTarget::standard_error:
        access_descriptor_ = STDERR_FILENO;
        break;
      case config::AccessLogTarget::file:
        const core::Result<int> opened = open_log_file("log.access", settings.access_file);
        if (!opened) return core::failure(opened.error());
        access_descriptor_ = *opened;
    }
    access_format_ = access_format(settings);
    const bool is_json = access_format_ == AccessFormat::json;
    access_.emplace(core::LogWriterOptions{.descriptor = access_descriptor_,
                                           .format = is_json ? core::LogFormat::json : core::LogFormat::text,
                                           .tell = &log_,
                                           .name = "access"},
                    clock_);
    return {};
  }

  /// Without a file of its own the audit goes with the events.
  core::Result<void> open_audit(const config::LogSettings& settings) {
    if (settings.audit_file.empty()) return {};
    const core::Result<int> opened = open_log_file("log.audit", settings.audit_file);
    if (!opened) return core::failure(opened.error());
    audit_descriptor_ = *opened;
    const bool is_text = settings.format == config::LogStyle::text;
    const core::LogFormat format = is_text ? core::LogFormat::text : core::LogFormat::json;
    audit_file_.emplace(
        core::LogWriterOptions{
            .descriptor = audit_descriptor_, .format = format, .tell = &log_, .name = "audit"},
        clock_);
    audit_log_.emplace(*audit_file_, format, core::LogLevel::info, clock_);
    return {};
  }

  /// The files by their names again, in the place of those that were moved away. Whoever writes goes on with
  /// the same descriptor: no line is lost or torn. Where one cannot be opened the old one is written on.
  core::Result<void> reopen(const config::LogSettings& settings) {
    core::Result<void> outcome;
    if (settings.access == config::AccessLogTarget::file)
      outcome = reopen_as(access_descriptor_, "log.access", settings.access_file);
    if (settings.audit_file.empty()) return outcome;
    core::Result<void> audit = reopen_as(audit_descriptor_, "log.audit", settings.audit_file);
    return outcome ? audit : outcome;
  }

  [[nodiscard]] core::Log& log() { return log_; }
  [[nodiscard]] const core::Log& audit_log() const { return *audit_log_; }
  [[nodiscard]] core::LogWriter* access() { return access_ ? &*access_ : nullptr; }
  [[nodiscard]] AccessFormat format() const { return access_format_; }

 private:
  static core::Result<void> reopen_as(int descriptor, std::string_view key, const std::string& path) {
    const core::Result<int> opened = open_log_file(key, path);
    if (!opened) return core::failure(opened.error());
    ::dup3(*opened, descriptor, O_CLOEXEC);
    ::close(*opened);
    return {};
  }
  static core::LogFormat event_format(const config::LogSettings& settings) {
    if (settings.format == config::LogStyle::automatic) {
      return isatty(STDERR_FILENO) != 0 ? core::LogFormat::text : core::LogFormat::json;
    }
    return settings.format == config::LogStyle::text ? core::LogFormat::text : core::LogFormat::json;
  }
  [[nodiscard]] AccessFormat access_format(const config::LogSettings& settings) const {
    switch (settings.format) {
      case config::LogStyle::text:
        return AccessFormat::text;
      case config::LogStyle::json:
        return AccessFormat::json;
      case config::LogStyle::combined:
        return AccessFormat::combined;
      case config::LogStyle::automatic:
        break;
    }
    return isatty(access_descriptor_) != 0 ? AccessFormat::text : AccessFormat::json;
  }

  const core::Clock& clock_;
  const core::LogPrefix prefix_;  // of events, and of the audit beside them
  core::LogWriter events_;
  core::Log log_;
  std::optional<core::LogWriter> access_;
  std::optional<core::LogWriter> audit_file_;
  std::optional<core::Log> audit_log_;
  int access_descriptor_ = -1;
  int audit_descriptor_ = -1;
  AccessFormat access_format_ = AccessFormat::json;
};

/// A machine whose clock stands before the program was built cannot judge a certificate or a token.
core::Result<void> check_clock(const core::Clock& clock) {
  if (core::unix_seconds(clock.wall()) >= GATEWAY_BUILT_AT) return {};
  return core::failure(
      core::ErrorKind::unavailable, core::Side::us,
      "the machine's clock stands before this program was built; set the clock (NTP), then start again");
}

core::Result<StartedWith> started_with() {
  StartedWith with{.inherited = {}, .predecessor = {}, .program = own_program()};
  core::Result<std::unique_ptr<Predecessor>> predecessor = Predecessor::take();
  if (!predecessor) return core::failure(std::move(predecessor.error()));
  core::Result<std::vector<InheritedSocket>> inherited = take_inherited_sockets();
  if (!inherited) return core::failure(std::move(inherited.error()));
  with.predecessor = std::move(*predecessor);
  with.inherited = std::move(*inherited);
  if (with.predecessor == nullptr) return with;
  for (InheritedSocket& socket : with.predecessor->take_sockets())
    with.inherited.push_back(std::move(socket));
  return with;
}

}  // namespace

int serve(ServedConfig served, StartedWith with) {
  const config::LogSettings log_settings = served.config->log;
  const core::SystemClock clock;
  if (const core::Result<void> checked = check_clock(clock); !checked) return fail(checked.error());
  Logs logs(log_settings, clock);
  if (const core::Result<void> opened = logs.open_access(log_settings); !opened) return fail(opened.error());
  if (const core::Result<void> opened = logs.open_audit(log_settings); !opened) return fail(opened.error());
  ActLedger ledger;
  const Audit audit(logs.audit_log(), &ledger);
  core::Result<std::unique_ptr<Server>> server =
      Server::make({std::move(served.config), std::move(served.file), std::move(served.load), served.stamp,
                    clock, logs.log(), audit, ledger, logs.access(), logs.format(), std::move(with.inherited),
                    std::move(with.program), std::move(with.predecessor),
                    [&logs, &log_settings] { return logs.reopen(log_settings); }});
  if (!server) return fail(server.error());
  (*server)->run();
  return 0;
}

int run_command(const Command& command) {
  core::hold_back_signals(kRequestSignals);
  core::Result<StartedWith> with = started_with();
  if (!with) return fail(with.error());
  const config::ProcessEnvironment environment;
  const std::optional<config::FileStamp> stamp = config::stamp_of(command.config_path);
  config::LoadOutcome outcome = config::load_file(command.config_path, environment);
  for (const auto* diagnostics : {&outcome.errors, &outcome.warnings}) {
    for (const config::Diagnostic& diagnostic : *diagnostics) {
      fmt::print(stderr, "{}", config::render(diagnostic, command.config_path, outcome.source));
    }
  }
  if (!outcome.config) return 1;
  const auto load = [file = command.config_path] {
    const config::ProcessEnvironment now;
    return config::load_file(file, now);
  };
  return serve(
      {std::make_shared<const config::Config>(std::move(*outcome.config)), command.config_path, load, stamp},
      std::move(*with));
}

}  // namespace gateway

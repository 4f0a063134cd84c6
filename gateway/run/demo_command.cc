#include "gateway/run/demo_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/loader.h"
#include "core/crypto/session_key.h"
#include "core/loop/log_writer.h"
#include "gateway/demo/demo_app.h"
#include "gateway/demo/demo_provider.h"
#include "gateway/run/demo_files.h"
#include "gateway/run/demo_server.h"
#include "gateway/run/run_command.h"

namespace gateway {
namespace {

/// Gives the demo's configuration its client secret, and nothing of the process's environment.
class DemoEnvironment final : public config::Environment {
 public:
  explicit DemoEnvironment(core::Secret secret) : secret_(std::move(secret)) {}
  [[nodiscard]] std::optional<std::string> variable(const std::string& name) const override {
    if (name != "GATEWAY_DEMO_SECRET") return std::nullopt;
    return std::string(secret_.reveal());
  }

 private:
  core::Secret secret_;
};

/// 127.0.0.1 and, where there is one, ::1 on one port, picked by the system.
core::Result<std::vector<OpenListener>> open_loopback(Entry entry) {
  core::Endpoint v4;
  v4.ip = core::IpAddress::v4({127, 0, 0, 1});
  core::Result<OpenListener> first = open_listener(v4, entry, 1);
  if (!first) return core::failure(std::move(first.error()));
  core::Endpoint v6;
  v6.ip = core::IpAddress::parse("::1").value_or(core::IpAddress());
  v6.port = first->local.port;
  std::vector<OpenListener> listeners;
  listeners.push_back(std::move(*first));
  core::Result<OpenListener> second = open_listener(v6, entry, 1);
  if (second) listeners.push_back(std::move(*second));
  return listeners;
}

/// The parts that stand beside the gateway, and the gateway's configuration.
class Demo {
 public:
  explicit Demo(const Command& command) : port_(command.port), keeps_directory_(!command.directory.empty()) {
    log_.emplace(sink_, core::LogFormat::text, core::LogLevel::warn, clock_);
    wanted_directory_ = command.directory;
  }
  ~Demo() {
    provider_.reset();
    app_.reset();
    std::error_code ignored;
    if (!keeps_directory_ && !directory_.empty()) std::filesystem::remove_all(directory_, ignored);
  }
  Demo(const Demo&) = delete;
  Demo& operator=(const Demo&) = delete;

  core::Result<config::Config> prepare() {
    core::Result<std::string> directory = make_demo_directory(wanted_directory_);
    if (!directory) return core::failure(std::move(directory.error()));
    directory_ = *directory;
    auto provider_listeners = open_loopback(Entry::https);
    if (!provider_listeners) return core::failure(std::move(provider_listeners.error()));
    auto app_listeners = open_loopback(Entry::open);
    if (!app_listeners) return core::failure(std::move(app_listeners.error()));
    const DemoPorts ports{port_, provider_listeners->front().local.port, app_listeners->front().local.port};
    auto files = write_demo_files(directory_, ports, clock_.wall());
    if (!files) return core::failure(std::move(files.error()));
    files_ = std::move(*files);
    core::Result<void> started = start(ports, std::move(*provider_listeners), std::move(*app_listeners));
    if (!started) return core::failure(std::move(started.error()));
    return load();
  }

  void explain() const {
    fmt::print(stderr, R"(
  Open           https://app.localhost:{0}      (also https://notes.localhost:{0}, https://admin.localhost:{0})
  The people     alice (admin), bob, carol: choose one, there are no passwords
  Trust the CA   curl --cacert {1} …, or import {1} into the browser,
                 or go past its warning once a host; its key exists only while the demo runs
  Configuration  {2}
  Stop           Ctrl-C

)",
               port_, files_.ca_file, files_.config_file);
  }

 private:
  core::Result<void> start(const DemoPorts& ports, std::vector<OpenListener> provider_listeners,
                           std::vector<OpenListener> app_listeners) {
    DemoProviderSettings settings;
    settings.issuer = fmt::format("https://id.localhost:{}", ports.provider);
    settings.client_id = "gateway-demo";
    settings.client_secret = secret_;
    settings.redirect_uri = fmt::format("https://auth.localhost{}/oauth2/callback", port_suffix());
    settings.after_sign_out_origin = fmt::format("https://auth.localhost{}", port_suffix());
    auto provider = DemoServer::make(
        {clock_,
         *log_,
         Entry::https,
         std::move(provider_listeners),
         files_.provider_certificate,
         {"id.localhost"},
         {ports.provider},
         [settings](core::Random& random) { return std::make_unique<DemoProvider>(settings, random); }});
    if (!provider) return core::failure(std::move(provider.error()));
    provider_ = std::move(*provider);
    auto app = DemoServer::make(
        {clock_,
         *log_,
         Entry::open,
         std::move(app_listeners),
         nullptr,
         {"app.localhost", "notes.localhost", "admin.localhost"},
         {ports.gateway},
         [links = DemoAppLinks{port_suffix()}](core::Random&) { return std::make_unique<DemoApp>(links); }});
    if (!app) return core::failure(std::move(app.error()));
    app_ = std::move(*app);
    provider_->start();
    app_->start();
    return {};
  }

  core::Result<config::Config> load() {
    const DemoEnvironment environment(secret_);
    config::LoadOutcome outcome = config::load_text(files_.config_text, environment);
    if (outcome.config) return std::move(*outcome.config);
    std::string text = "the demo's own configuration was refused:\n";
    for (const config::Diagnostic& error : outcome.errors) {
      text.append(config::render(error, files_.config_file, outcome.source));
    }
    return core::failure(core::ErrorKind::internal, core::Side::us, std::move(text));
  }

  [[nodiscard]] std::string port_suffix() const { return port_ == 443 ? "" : fmt::format(":{}", port_); }

  std::uint16_t port_;
  bool keeps_directory_;
  std::string wanted_directory_;
  std::string directory_;
  core::SystemClock clock_;
  core::LogWriter sink_{{.descriptor = 2}, clock_};
  std::optional<core::Log> log_;
  core::Secret secret_ = core::generate_session_key();
  DemoFiles files_;
  std::unique_ptr<DemoServer> provider_;
  std::unique_ptr<DemoServer> app_;
};

}  // namespace

int demo_command(const Command& command) {
  Demo demo(command);
  const core::Result<config::Config> config = demo.prepare();
  if (!config) {
    fmt::print(stderr, "gateway: {}\n", config.error().text);
    return 2;
  }
  demo.explain();
  return serve({std::make_shared<const config::Config>(*config), {}}, {});
}

}  // namespace gateway

#include "gateway/run/check_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/known_apps.h"
#include "config/loader.h"
#include "config/services.h"
#include "core/text/count.h"
#include "gateway/pages/page_look.h"
#include "gateway/run/check_records.h"
#include "gateway/run/demand_watch.h"
#include "gateway/run/online_check.h"
#include "gateway/run/self_test.h"
#include "gateway/run/service_discovery.h"
#include "tls/certificate.h"
#include "tls/certificate_trial.h"

namespace gateway {
namespace {

void print_all(const std::vector<config::Diagnostic>& diagnostics, const Command& command,
               std::string_view source) {
  for (const config::Diagnostic& diagnostic : diagnostics) {
    fmt::print(stderr, "{}", config::render(diagnostic, command.config_path, source));
  }
}

/// Certificates that can be used; prints what is wrong with the others and counts them.
std::vector<tls::CertificatePointer> check_certificates(const config::Config& config, std::size_t& errors) {
  std::vector<tls::CertificatePointer> certificates;
  for (const config::CertificateFiles& files : config.tls.certificates) {
    auto loaded = tls::Certificate::load(files.certificate, files.key);
    // Also what a start leaves to the first handshake.
    if (loaded) {
      const core::Result<core::Done> tried = tls::try_out(**loaded);
      if (!tried) loaded = core::failure(tried.error());
    }
    if (loaded) {
      certificates.push_back(std::move(*loaded));
    } else {
      fmt::print(stderr, "error: {}\n", loaded.error().text);
      ++errors;
    }
  }
  return certificates;
}

/// Authorities of clients, as a start would load them.
void check_client_authorities(const config::Config& config, std::size_t& errors) {
  const auto demands = load_demands(config.login.certificate_clients, core::SystemClock().wall());
  if (demands) return;
  fmt::print(stderr, "error: {}\n", demands.error().text);
  ++errors;
}

std::string tally(std::size_t errors, std::size_t warnings) {
  return core::count_of(errors, "error") + ", " + core::count_of(warnings, "warning");
}

/// What no app may be sent, tried out as a start does.
void check_itself(const config::Config& config, std::size_t& errors) {
  const auto tested = self_test(config);
  if (tested) {
    fmt::print(
        stderr,
        "self-test: {} hostile and other requests to {} of routes; none reached an app that must not\n",
        tested->requests, core::count_of(tested->shapes, "shape"));
    return;
  }
  fmt::print(stderr, "error: {}\n", tested.error().text);
  ++errors;
}

/// What makes applications believe the gateway: in their files, not in this one.
void print_app_settings(const config::Config& config) {
  for (const config::Route& route : config.routes) {
    const std::vector<std::string> lines = config::app_settings(route, config);
    if (lines.empty()) continue;
    fmt::print(stderr, "note: {}{}: the configuration of {} itself says:\n", route.host, route.path.path,
               route.app);
    for (const std::string& line : lines) fmt::print(stderr, "    {}\n", line);
  }
}

/// What the cluster must allow: in its manifests, not in this file.
void print_permissions(const config::Config& config) {
  if (config::followed_services(config).empty()) return;
  fmt::print(stderr, "note: routes.to: kubernetes:// needs a Role: let the service account {}\n",
             discovery_permissions(config));
}

}  // namespace

int check_command(const Command& command) {
  const config::ProcessEnvironment environment;
  const config::LoadOutcome outcome = config::load_file(command.config_path, environment);
  print_all(outcome.errors, command, outcome.source);
  print_all(outcome.warnings, command, outcome.source);
  if (!outcome.config) {
    fmt::print(stderr, "{}: {}\n", command.config_path,
               tally(outcome.errors.size(), outcome.warnings.size()));
    return 1;
  }
  std::size_t errors = 0;
  const std::vector<tls::CertificatePointer> given = check_certificates(*outcome.config, errors);
  check_client_authorities(*outcome.config, errors);
  const core::Result<PageLook> look = read_page_look(outcome.config->login);
  if (!look) {
    fmt::print(stderr, "error: {}\n", look.error().text);
    ++errors;
  }
  // What cannot be read is said above, and would only be said again.
  if (errors == 0) check_itself(*outcome.config, errors);
  print_app_settings(*outcome.config);
  print_permissions(*outcome.config);
  check_standing_records(*outcome.config, given);
  std::size_t warnings = outcome.warnings.size();
  if (command.online) {
    const OnlineTally found = check_online(*outcome.config, given);
    errors += found.errors;
    warnings += found.warnings;
  }
  if (command.print) fmt::print("{}", config::print(*outcome.config));
  fmt::print(stderr, "{}: {}, {}\n", command.config_path, tally(errors, warnings),
             core::count_of(outcome.config->routes.size(), "route"));
  return errors != 0 || (command.strict && warnings != 0) ? 1 : 0;
}

}  // namespace gateway

#include "gateway/run/status_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <variant>

#include "gateway/run/announcement.h"
#include "gateway/run/route_placing.h"
#include "tls/issue/due.h"

namespace gateway {
namespace {

constexpr std::size_t kMostNames = 10;    // of a certificate
constexpr std::size_t kMostOrigins = 20;  // of a route

std::string target_of(const config::Route& route) {
  if (const auto* upstream = std::get_if<config::Upstream>(&route.action)) return upstream->text();
  if (const auto* redirect = std::get_if<config::Redirect>(&route.action))
    return "redirect " + redirect->to.text;
  return "fixed answer";
}

StatusReport::Route report_of(const config::Route& route, const Generation& generation,
                              const RouteSums& sums) {
  StatusReport::Route made;
  made.name = route_name(route, route.path);
  made.target = target_of(route);
  if (const auto found = sums.find(made.name); found != sums.end()) {
    const RouteSum& sum = found->second;
    made.answers = sum.answers();
    made.refused = sum.judgements[static_cast<std::size_t>(Judged::refused)];
    made.upstream_failures = sum.upstream_failures;
    const auto& counts = sum.durations.counts;
    const std::uint64_t count = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    if (count > 0) made.mean_seconds = sum.durations.sum / static_cast<double>(count);
  }
  if (!std::holds_alternative<config::Upstream>(route.action)) return made;
  for (const Place& place : generation.upstreams().state_of(route).latest()->places) {
    if (made.origins.size() < kMostOrigins) made.origins.push_back({place.name, place.is_up});
  }
  return made;
}

void add_certificates(StatusReport& report, const Generation& generation) {
  const tls::CertificateShelf& shelf = generation.issuance().shelf();
  const auto table = shelf.certificates().latest();
  for (const tls::CertificatePointer& certificate : table->all()) {
    StatusReport::Certificate made;
    std::vector<std::string> names = certificate->dns_names();
    for (const core::IpAddress& address : certificate->addresses()) names.push_back(address.text());
    const std::size_t further = names.size() - std::min(names.size(), kMostNames);
    names.resize(names.size() - further);
    made.names = fmt::format("{}", fmt::join(names, ", "));
    if (further > 0) made.names.append(fmt::format(" and {} more", further));
    made.not_after = certificate->not_after();
    const auto is_it = [&certificate](const tls::CertificatePointer& given) {
      return given->fingerprint() == certificate->fingerprint();
    };
    if (std::ranges::none_of(shelf.given(), is_it)) made.renewal = tls::due_time(*certificate, {});
    report.certificates.push_back(std::move(made));
  }
  std::ranges::sort(report.certificates, {}, &StatusReport::Certificate::not_after);
}

void add_providers(StatusReport& report, const Generation& generation) {
  for (const config::Provider& provider : generation.config().login.providers) {
    StatusReport::Provider made{.name = provider.name, .is_ready = true, .problem = {}};
    if (provider.type != config::ProviderType::github) {
      const auto state = generation.directory().state(provider.name).latest();
      made.is_ready = state->is_ready();
      made.problem = state->problem;
    }
    report.providers.push_back(std::move(made));
  }
}

std::string_view storage_text(const config::Storage& storage) {
  switch (storage.kind) {
    case config::StorageKind::directory:
      return "directory";
    case config::StorageKind::redis:
      return "redis";
    case config::StorageKind::kubernetes:
      return "kubernetes";
  }
  return "";
}

}  // namespace

StatusReport status_report(const StatusParts& parts) {
  StatusReport report;
  const config::Config& config = parts.generation.config();
  report.reloads = parts.reloads.succeeded;
  report.read_at = parts.reloads.last_success;
  if (!parts.reloads.last_succeeded) report.refusal = parts.reloads.last_error;
  report.workers = parts.workers.size();
  for (const OpenListener& listener : parts.listeners)
    report.listeners.push_back({std::string(name_of(listener.entry)), listener.local.text()});
  for (const core::Endpoint& address : parts.admin) report.listeners.push_back({"admin", address.text()});
  if (!config.listen.admin_socket.empty()) report.listeners.push_back({"admin", config.listen.admin_socket});
  if (!config.listen.control.empty()) report.listeners.push_back({"control", config.listen.control});
  report.connections = connection_sum(parts.workers);
  report.pools = pool_sum(parts.workers);
  const RouteSums sums = route_sums(parts.workers);
  for (const config::Route& route : config.routes) {
    if (report.routes.size() == StatusReport::kMostRoutes) {
      ++report.further_routes;
    } else {
      report.routes.push_back(report_of(route, parts.generation, sums));
    }
  }
  add_certificates(report, parts.generation);
  add_providers(report, parts.generation);
  report.storage = storage_text(config.storage);
  for (const core::StorageOperationCounts& counts : parts.storage) {
    report.storage_failures += counts.failed.value();
    report.storage_operations += counts.succeeded.value() + counts.failed.value();
  }
  report.acts = parts.ledger.counts();
  report.sign_ins = parts.ledger.sign_ins();
  report.refusals = parts.ledger.refusals();
  return report;
}

}  // namespace gateway

#include "gateway/run/metrics_page.h"

#include <map>
#include <string_view>
#include <utility>
#include <variant>

#include "core/base/metrics.h"
#include "gateway/run/metrics_parts.h"
#include "gateway/run/route_placing.h"
#include "gateway/run/route_sums.h"

namespace gateway {
namespace {

using core::MetricsText;

double seconds_of(core::WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

/// One series a route; those that counted nothing yet are left out.
template <typename Member>
void add_of_routes(MetricsText& out, const RouteSums& sums, Member member) {
  for (const auto& [route, sum] : sums) {
    if (sum.*member != 0) out.sample({{"route", route}}, sum.*member);
  }
}

void add_requests(MetricsText& out, const RouteSums& sums) {
  out.family("gateway_requests_total", kCounter,
             "Requests that ended, by route, method and class of status.");
  for (const auto& [route, sum] : sums) {
    for (std::size_t method = 0; method < kCountedMethods.size(); ++method) {
      for (std::size_t i = 0; i < kStatusClasses.size(); ++i) {
        const std::uint64_t count = sum.requests[method][i];
        if (count == 0) continue;
        out.sample({{"route", route}, {"method", kCountedMethods[method]}, {"code", kStatusClasses[i]}},
                   count);
      }
    }
  }
  out.family("gateway_request_duration_seconds", "histogram", "From the request's head to the answer's end.");
  for (const auto& [route, sum] : sums) {
    if (sum.durations.counts != core::HistogramSum().counts)
      out.histogram({{"route", route}}, kRequestBounds, sum.durations);
  }
  out.family("gateway_request_body_bytes_total", kCounter, "Bytes of bodies that clients sent.");
  add_of_routes(out, sums, &RouteSum::received);
  out.family("gateway_response_body_bytes_total", kCounter, "Bytes of bodies that clients were sent.");
  add_of_routes(out, sums, &RouteSum::sent);
  out.family("gateway_authorization_decisions_total", kCounter, "What guards said of requests.");
  for (const auto& [route, sum] : sums) {
    for (std::size_t i = 0; i < kJudgements.size(); ++i) {
      if (sum.judgements[i] != 0)
        out.sample({{"route", route}, {"decision", kJudgements[i]}}, sum.judgements[i]);
    }
  }
  out.family("gateway_rate_limited_total", kCounter, "Requests that were more than a limit allows (429).");
  add_of_routes(out, sums, &RouteSum::rate_limited);
}

void add_upstreams(MetricsText& out, const RouteSums& sums, const Generation& generation) {
  out.family("gateway_upstream_requests_total", kCounter, "Requests that were for an origin to answer.");
  add_of_routes(out, sums, &RouteSum::upstream_requests);
  out.family("gateway_upstream_failures_total", kCounter, "Of these, those that no origin answered in full.");
  add_of_routes(out, sums, &RouteSum::upstream_failures);
  std::map<std::pair<std::string, std::string>, bool> origins;
  for (const config::Route& route : generation.config().routes) {
    if (!std::holds_alternative<config::Upstream>(route.action)) continue;
    const std::string name = route_name(route, route.path);
    for (const Place& place : generation.upstreams().state_of(route).latest()->places) {
      const auto known = origins.try_emplace({name, place.name}, place.is_up).first;
      known->second = known->second && place.is_up;
    }
  }
  out.family("gateway_upstream_up", kGauge, "Whether an origin passes its health checks; 1 without checks.");
  for (const auto& [origin, is_up] : origins)
    out.sample({{"route", origin.first}, {"origin", origin.second}}, std::uint64_t{is_up ? 1U : 0U});
}

void add_connections(MetricsText& out, const ConnectionSum& sum) {
  constexpr std::array<std::string_view, 3> kListeners{"https", "http", "plain"};
  out.family("gateway_requests_in_flight", kGauge, "Requests that have not ended.");
  out.sample({}, sum.in_flight);
  out.family("gateway_connections", kGauge, "Open connections of clients.");
  out.sample({}, sum.open);
  out.family("gateway_connections_total", kCounter, "Connections that were accepted.");
  for (std::size_t i = 0; i < sum.begun.size(); ++i) out.sample({{"listener", kListeners[i]}}, sum.begun[i]);
}

void add_handshakes(MetricsText& out, const std::vector<const Traffic*>& workers) {
  std::array<std::uint64_t, kHandshakeEnds> ends{};
  for (const Traffic* worker : workers) {
    for (std::size_t i = 0; i < ends.size(); ++i) ends[i] += worker->handshakes[i].value();
  }
  const auto count = [&ends](Handshake end) { return ends[static_cast<std::size_t>(end)]; };
  const auto agreed = [&](std::string_view version, std::string_view resumed, Handshake end) {
    out.sample({{"result", "ok"}, {"version", version}, {"resumed", resumed}}, count(end));
  };
  out.family("gateway_tls_handshakes_total", kCounter, "Handshakes with clients.");
  agreed("1.2", "no", Handshake::tls12);
  agreed("1.2", "yes", Handshake::tls12_resumed);
  agreed("1.3", "no", Handshake::tls13);
  agreed("1.3", "yes", Handshake::tls13_resumed);
  out.sample({{"result", "refused"}}, count(Handshake::refused));
  out.sample({{"result", "timed_out"}}, count(Handshake::timed_out));
  out.sample({{"result", "failed"}}, count(Handshake::failed));
}

void add_pools(MetricsText& out, const PoolSum& sum) {
  out.family("gateway_upstream_connections", kGauge, "Open connections to origins.");
  out.sample({{"state", "idle"}}, sum.idle);
  out.sample({{"state", "in_use"}}, sum.in_use);
  out.family("gateway_upstream_connections_total", kCounter, "Connections to origins that were opened.");
  out.sample({}, sum.opened);
  out.family("gateway_upstream_connections_reused_total", kCounter,
             "Exchanges with origins on a connection that was open.");
  out.sample({}, sum.reused);
}

void add_certificates(MetricsText& out, const Generation& generation) {
  std::map<std::string, core::WallTime> ends;
  const auto table = generation.issuance().shelf().certificates().latest();
  for (const tls::CertificatePointer& certificate : table->all()) {
    for (const std::string& name : certificate->dns_names()) ends.try_emplace(name, certificate->not_after());
    for (const core::IpAddress& address : certificate->addresses())
      ends.try_emplace(address.text(), certificate->not_after());
  }
  out.family("gateway_certificate_not_after_timestamp_seconds", kGauge,
             "When the certificate ends that is served for a name.");
  for (const auto& [name, end] : ends) out.sample({{"name", name}}, seconds_of(end));
}

void add_reloads(MetricsText& out, const ReloadCounts& reloads) {
  out.family("gateway_config_reloads_total", kCounter, "Times that the file was read again.");
  out.sample({{"result", "ok"}}, reloads.succeeded);
  out.sample({{"result", "failed"}}, reloads.failed);
  out.family("gateway_config_last_reload_successful", kGauge, "0: the file as it is now was refused.");
  out.sample({}, std::uint64_t{reloads.last_succeeded ? 1U : 0U});
  out.family("gateway_config_last_reload_success_timestamp_seconds", kGauge,
             "When what is served was read; at the start or later.");
  out.sample({}, seconds_of(reloads.last_success));
}

/// Only where there is a collector.
void add_spans(MetricsText& out, const Generation& generation, const SpanCounts& counts) {
  if (generation.spans() == nullptr) return;
  out.family("gateway_trace_spans_total", kCounter, "What became of spans of sampled requests.");
  out.sample({{"result", "exported"}}, counts.exported);
  out.sample({{"result", "refused"}}, counts.refused);
  out.sample({{"result", "dropped"}}, counts.dropped.load(std::memory_order_relaxed));
}

/// Only where replicas share a storage.
void add_rate_sharing(MetricsText& out, const RateSharingCounts* counts) {
  if (counts == nullptr) return;
  out.family("gateway_rate_sharing_replicas", kGauge, "Other replicas whose requests count here, too.");
  out.sample({}, std::uint64_t{counts->others});
  out.family("gateway_rate_sharing_rounds_total", kCounter,
             "Exchanges with storage of what was let through.");
  out.sample({{"result", "ok"}}, counts->rounds_succeeded.value());
  out.sample({{"result", "failed"}}, counts->rounds_failed.value());
  out.family("gateway_rate_sharing_accounts_total", kCounter, "Accounts of rates that replicas told of.");
  out.sample({{"result", "told"}}, counts->told.value());
  out.sample({{"result", "heard"}}, counts->heard.value());
  out.sample({{"result", "dropped"}}, counts->dropped.value());
}

void add_lag(MetricsText& out, const std::vector<const Traffic*>& workers) {
  out.family("gateway_event_loop_lag_seconds", "histogram", "How late a worker's timer was, once a second.");
  for (std::size_t i = 0; i < workers.size(); ++i) {
    core::HistogramSum sum;
    workers[i]->lag.add_to(sum);
    out.histogram({{"worker", std::to_string(i + 1)}}, kLagBounds, sum);
  }
}

}  // namespace

std::string metrics_page(const MetricsParts& parts) {
  const RouteSums sums = route_sums(parts.workers);
  MetricsText out;
  out.family("gateway_build_info", kGauge, "Always 1.");
  out.sample({{"version", GATEWAY_VERSION}}, std::uint64_t{1});
  out.family("gateway_ready", kGauge, "What /readyz says.");
  out.sample({}, std::uint64_t{parts.is_ready ? 1U : 0U});
  add_requests(out, sums);
  add_upstreams(out, sums, parts.generation);
  add_pools(out, pool_sum(parts.workers));
  add_connections(out, connection_sum(parts.workers));
  add_handshakes(out, parts.workers);
  add_acts(out, parts.ledger.counts());
  add_storage(out, parts.storage);
  add_certificates(out, parts.generation);
  add_reloads(out, parts.reloads);
  add_spans(out, parts.generation, parts.spans);
  add_rate_sharing(out, parts.rates);
  add_lag(out, parts.workers);
  add_process(out, parts.started);
  return out.take();
}

}  // namespace gateway

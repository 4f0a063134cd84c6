#include "gateway/run/online_probes.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>

#include "core/crypto/jwk.h"
#include "core/kubernetes/service_watch.h"
#include "core/loop/wait.h"
#include "core/net/proxy_protocol.h"
#include "core/text/count.h"
#include "core/text/http_date.h"
#include "gateway/oidc/metadata.h"
#include "gateway/oidc/provider_fetch.h"

namespace gateway {
namespace {

/// What the other end's Date says against our clock. Nothing: it has none, or agrees.
std::string clock_doubt(const core::FetchResponse& response, core::WallTime now) {
  const auto date = core::parse_http_date(response.field("Date"), now);
  if (!date) return {};
  const auto apart = std::chrono::duration_cast<std::chrono::seconds>(now - *date);
  if (std::chrono::abs(apart) <= kOnlineSkew) return {};
  return fmt::format(
      "its clock is {} s {} this machine's; by more than {} s, no token of it counts: synchronise both with "
      "NTP",
      std::chrono::abs(apart).count(), apart.count() > 0 ? "behind" : "ahead of",
      std::chrono::duration_cast<std::chrono::seconds>(kOnlineSkew).count());
}

core::Flow<OnlineFinding> connect(OnlineTools tools, core::Connector* connector, core::HostPort to) {
  core::Flow<std::unique_ptr<core::ByteStream>> connecting =
      connector->connect(std::move(to), core::Deadline::after(tools.loop, kOnlineTime));
  const std::unique_ptr<core::ByteStream> stream = co_await std::move(connecting);
  co_return OnlineFinding{"reached", ""};
}

}  // namespace

core::Flow<OnlineFinding> reach_origin(OnlineTools tools, const config::Upstream& upstream,
                                       const config::OriginUrl& origin) {
  core::Connector* connector = &tools.network.tcp();
  if (upstream.is_tls()) {
    auto made = tools.network.tls(
        upstream.tls, upstream.is_http2() ? core::FetchProtocol::http2 : core::FetchProtocol::http1);
    connector = co_await std::move(made);
  }
  core::HostPort to = core::host_port_of(origin.url);
  to.unix_path = origin.unix_path;
  to.certificate_name = upstream.tls.server_name;
  if (upstream.proxy_header == config::SentProxyHeader::v2) to.greeting = core::proxy_v2_local_header();
  OnlineFinding found = co_await connect(tools, connector, std::move(to));
  co_return found;
}

core::Flow<OnlineFinding> list_service(core::KubernetesApi* api, core::KubernetesService service,
                                       std::string zone) {
  core::Flow<core::ServiceEndpoints> listing =
      core::list_endpoints(*api, std::move(service), std::move(zone));
  const core::ServiceEndpoints known = co_await std::move(listing);
  const std::size_t count = known.endpoints.size();
  OnlineFinding finding;
  finding.found = core::count_of(count, "endpoint") + " would be used";
  finding.doubt = known.doubt;
  co_return finding;
}

core::Flow<OnlineFinding> reach_url(OnlineTools tools, core::Url url, std::string ca) {
  core::Connector* connector = &tools.network.tcp();
  if (url.scheme == "https") {
    config::UpstreamTls settings;
    settings.ca_file = std::move(ca);
    auto made = tools.network.tls(settings);
    connector = co_await std::move(made);
  }
  OnlineFinding found = co_await connect(tools, connector, core::host_port_of(url));
  co_return found;
}

core::Flow<OnlineFinding> ask_provider(OnlineTools tools, const config::Provider& provider) {
  auto made = tools.network.http_client(provider);
  core::HttpClient* client = co_await std::move(made);
  const core::FetchLimits limits{.total = kOnlineTime};
  core::FetchResponse discovery =
      co_await client->fetch(request_to(provider, discovery_url(provider)), limits);
  OnlineFinding finding;
  finding.doubt = clock_doubt(discovery, tools.clock.wall());
  auto body = json_body(std::move(discovery), "discovery");
  const std::string text = co_await std::move(body);
  auto parsed = parse_metadata(text, provider);
  const Metadata metadata = co_await std::move(parsed);
  core::FetchResponse answer = co_await client->fetch(request_to(provider, metadata.jwks_uri), limits);
  auto keys_body = json_body(std::move(answer), "keys");
  const std::string keys_text = co_await std::move(keys_body);
  auto keys = core::KeySet::parse(keys_text);
  const core::KeySet set = co_await std::move(keys);
  if (set.keys().empty())
    co_await core::failure(core::ErrorKind::malformed, core::Side::provider, "keys: none of them can verify");
  finding.found = fmt::format("metadata and {} are there", core::count_of(set.keys().size(), "key"));
  co_return finding;
}

core::Flow<OnlineFinding> ask_authority(OnlineTools tools, core::Url directory, std::string ca) {
  auto made = tools.network.http_client(ca);
  core::HttpClient* client = co_await std::move(made);
  core::FetchRequest request;
  request.url = std::move(directory);
  const core::FetchLimits limits{.total = kOnlineTime};
  core::FetchResponse answer = co_await client->fetch(std::move(request), limits);
  OnlineFinding finding{"its directory is there", clock_doubt(answer, tools.clock.wall())};
  if (answer.status != 200)
    co_await core::failure(core::ErrorKind::unavailable, core::Side::origin,
                           fmt::format("answers {} where its directory should be", answer.status));
  co_return finding;
}

core::Flow<OnlineFinding> look_up(OnlineTools tools, std::string name) {
  core::Flow<core::Addresses> resolving = tools.network.resolver().resolve(std::move(name));
  const core::Addresses addresses =
      co_await core::within(tools.loop, core::Deadline::after(tools.loop, kOnlineTime), std::move(resolving));
  std::string text;
  for (const core::IpAddress& address : addresses)
    text.append(text.empty() ? "" : ", ").append(address.text());
  co_return OnlineFinding{"is " + text, ""};
}

core::Flow<OnlineFinding> read_storage(core::Storage& storage) {
  const core::Result<core::StorageEntry> read = co_await core::attempt(storage.get("check-online"));
  if (!read && read.error().kind != core::ErrorKind::not_found) co_await core::failure(read.error());
  co_return OnlineFinding{"answers", ""};
}

}  // namespace gateway

#include "gateway/upstream/upstream_watch.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "core/net/proxy_protocol.h"

namespace gateway {
namespace {

/// An origin that takes PROXY headers refuses a connection without one.
std::string greeting_of(const config::Upstream& upstream) {
  if (upstream.proxy_header == config::SentProxyHeader::none) return {};
  return core::proxy_v2_local_header();
}

}  // namespace

/// One name or service of a `to`, for all upstreams that have it.
struct UpstreamWatch::Entry {
  std::unique_ptr<AddressSource> source;
  std::vector<Watched*> users;
};

struct UpstreamWatch::Watched {
  Watched(const config::Route& route, const config::Upstream& upstream_settings)
      : settings(upstream_settings),
        host(check_host(route, upstream_settings)),
        published(std::make_shared<const UpstreamState>(unresolved_state_of(upstream_settings))) {}

  const config::Upstream& settings;
  std::string host;
  core::HttpClient* client = nullptr;
  std::vector<Entry*> entries;  // one each of `to`; null: it is an address
  std::set<std::string> down;   // keys of places
  std::map<std::string, std::unique_ptr<HealthCheck>> checks;
  core::Published<UpstreamState> published;
};

UpstreamWatch::UpstreamWatch(UpstreamWatchParts parts)
    : parts_(std::move(parts)), dice_(parts_.seed), timer_(parts_.loop, [this] { look(); }) {}

UpstreamWatch::~UpstreamWatch() = default;

core::Result<std::unique_ptr<UpstreamWatch>> UpstreamWatch::make(const config::Config& config,
                                                                 UpstreamWatchParts parts) {
  std::unique_ptr<UpstreamWatch> watch(new UpstreamWatch(std::move(parts)));
  watch->zone_ = config.kubernetes.zone;
  for (const config::Route& route : config.routes) {
    const auto* upstream = std::get_if<config::Upstream>(&route.action);
    if (upstream == nullptr) continue;
    core::Result<void> added = watch->add(route, *upstream);
    if (!added) return core::failure(std::move(added.error()).during(route.host + route.path.path));
  }
  return watch;
}

core::Result<void> UpstreamWatch::add(const config::Route& route, const config::Upstream& upstream) {
  std::unique_ptr<Watched>& watched = watched_[upstream_key(route, upstream)];
  if (watched) return {};
  watched = std::make_unique<Watched>(route, upstream);
  if (upstream.balancing.health) {
    core::Result<core::HttpClient*> client = parts_.client(upstream);
    if (!client) return core::failure(std::move(client.error()));
    watched->client = *client;
  }
  for (const config::OriginUrl& origin : upstream.origins) {
    Entry*& entry = watched->entries.emplace_back(nullptr);
    if (!origin.unix_path.empty() || core::IpAddress::parse(core::host_port_of(origin.url).host)) continue;
    entry = entry_of(origin);
    entry->users.push_back(watched.get());
  }
  watched->published.publish(state_known_of(*watched));
  return {};
}

UpstreamWatch::Entry* UpstreamWatch::entry_of(const config::OriginUrl& origin) {
  const std::string host = core::host_port_of(origin.url).host;
  std::unique_ptr<Entry>& entry = entries_[origin.service ? "kubernetes://" + origin.service->text() : host];
  if (!entry) {
    entry = std::make_unique<Entry>();
    entry->source = source_of(origin, *entry);
    turns_.push_back(entry.get());
    if (origin.service) services_.push_back(entry.get());
  }
  return entry.get();
}

std::unique_ptr<AddressSource> UpstreamWatch::source_of(const config::OriginUrl& origin, Entry& entry) {
  auto on_change = [this, &entry] { note_change(entry); };
  if (!origin.service)
    return make_name_source(parts_.resolver, core::host_port_of(origin.url).host, std::move(on_change));
  CHECK(parts_.cluster != nullptr);
  core::ServiceWatchParts following{parts_.loop, *parts_.cluster, parts_.log,
                                    [this] { return dice_.fraction(); }};
  return make_service_source(std::move(following), *origin.service, zone_, std::move(on_change));
}

void UpstreamWatch::adopt(const UpstreamWatch& before) {
  for (const auto& [key, entry] : entries_) {
    const auto known = before.entries_.find(key);
    if (known != before.entries_.end() && (zone_ == before.zone_ || !key.starts_with("kubernetes://")))
      entry->source->adopt(*known->second->source);
  }
  for (const auto& [key, watched] : watched_) {
    const auto known = before.watched_.find(key);
    const bool was_checked = known != before.watched_.end() && watched->client != nullptr;
    if (was_checked) watched->down = known->second->down;
    watched->published.publish(state_known_of(*watched));
  }
}

void UpstreamWatch::start() {
  is_started_ = true;
  for (const auto& [key, watched] : watched_) check(*watched, watched->published.latest()->places);
  if (!entries_.empty()) look();
}

void UpstreamWatch::stop() {
  is_started_ = false;
  timer_.disarm();
  for (const auto& [key, entry] : entries_) entry->source->rest();
  for (const auto& [key, watched] : watched_) watched->checks.clear();
}

const core::Published<UpstreamState>& UpstreamWatch::state_of(const config::Route& route) const {
  const auto found = watched_.find(upstream_key(route, std::get<config::Upstream>(route.action)));
  CHECK(found != watched_.end());
  return found->second->published;
}

void UpstreamWatch::look() {
  for (std::size_t i = 0; i < std::min(kNamesAtOnce, turns_.size()); ++i) {
    turns_[next_turn_++ % turns_.size()]->source->look();
  }
  timer_.arm(kLookInterval);
}

void UpstreamWatch::note_change(Entry& entry) {
  for (Watched* user : entry.users) publish(*user);
  if (are_services_attempted()) reached_.deliver(core::done());
}

bool UpstreamWatch::are_services_attempted() const {
  return std::ranges::all_of(services_, [](const Entry* entry) { return entry->source->is_attempted(); });
}

core::Flow<> UpstreamWatch::services_attempted() {
  co_await reached_;
  co_return core::done();
}

core::Flow<> UpstreamWatch::reach_services(core::Duration patience) {
  for (Entry* entry : services_) entry->source->look();
  if (are_services_attempted()) co_return core::done();
  const auto deadline = core::Deadline::after(parts_.loop, patience);
  // One that is not known in time is followed on.
  co_await core::attempt(core::within(parts_.loop, deadline, services_attempted()));
  co_return core::done();
}

/// Puts together what is known of addresses and checks.
std::shared_ptr<const UpstreamState> UpstreamWatch::state_known_of(const Watched& watched) {
  auto next = std::make_shared<UpstreamState>();
  for (std::size_t i = 0; i < watched.entries.size(); ++i) {
    const Entry* entry = watched.entries[i];
    const config::OriginUrl& origin = watched.settings.origins[i];
    for (Place& place :
         entry == nullptr ? places_of(origin, core::Addresses()) : entry->source->places(origin)) {
      place.is_up = !watched.down.contains(place.key);
      next->places.push_back(std::move(place));
    }
  }
  // A service that has nobody is nowhere, beside others that are somewhere.
  const auto is_nowhere = [](const Place& place) { return !place.fault.empty(); };
  if (!std::ranges::all_of(next->places, is_nowhere)) std::erase_if(next->places, is_nowhere);
  return next;
}

void UpstreamWatch::publish(Watched& watched) {
  std::shared_ptr<const UpstreamState> next = state_known_of(watched);
  if (*next == *watched.published.latest()) return;
  if (is_started_) check(watched, next->places);
  watched.published.publish(std::move(next));
}

/// A check for each of `places`, none for those that are no more.
void UpstreamWatch::check(Watched& watched, const std::vector<Place>& places) {
  if (watched.client == nullptr) return;
  std::map<std::string, std::unique_ptr<HealthCheck>> before = std::move(watched.checks);
  watched.checks.clear();
  std::set<std::string> still_down;
  for (const Place& place : places) {
    if (!place.fault.empty()) continue;
    std::unique_ptr<HealthCheck>& running = watched.checks[place.key];
    if (watched.down.contains(place.key)) still_down.insert(place.key);
    if (const auto known = before.find(place.key); known != before.end()) {
      running = std::move(known->second);
      continue;
    }
    HealthCheck::Target target{
        watched.client, watched.settings.is_tls() ? "https" : "http", watched.host,
        place,          *watched.settings.balancing.health,           greeting_of(watched.settings),
        place.is_up};
    const CheckServices services{parts_.loop, dice_, running_checks_};
    running = std::make_unique<HealthCheck>(
        services, std::move(target),
        [this, &watched, place](bool, const std::string& reason) { note_change(watched, place, reason); });
    running->start();
  }
  watched.down = std::move(still_down);
}

void UpstreamWatch::note_change(Watched& watched, const Place& place, const std::string& reason) {
  const core::Log& log = parts_.log;
  if (reason.empty()) {
    watched.down.erase(place.key);
    log.info("an origin passes its check and is used again",
             {{"upstream", watched.settings.text()}, {"origin", place.name}});
  } else {
    watched.down.insert(place.key);
    log.warn("an origin fails its check and is not used",
             {{"upstream", watched.settings.text()}, {"origin", place.name}, {"error", reason}});
  }
  publish(watched);
}

}  // namespace gateway

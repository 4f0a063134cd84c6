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

/// One name of a `to`, for all upstreams that have it.
struct UpstreamWatch::Name {
  explicit Name(std::string name_host) : host(std::move(name_host)) {}
  std::string host;
  core::Addresses addresses;  // empty: nobody knows
  std::vector<Watched*> users;
  bool is_asked = false;
};

struct UpstreamWatch::Watched {
  Watched(const config::Route& route, const config::Upstream& upstream_settings)
      : settings(upstream_settings),
        host(check_host(route, upstream_settings)),
        published(std::make_shared<const UpstreamState>(unresolved_state_of(upstream_settings))) {}

  const config::Upstream& settings;
  std::string host;
  core::HttpClient* client = nullptr;
  std::vector<Name*> names;    // one an entry of `to`; null: it is an address
  std::set<std::string> down;  // keys of places
  std::map<std::string, std::unique_ptr<HealthCheck>> checks;
  core::Published<UpstreamState> published;
};

UpstreamWatch::UpstreamWatch(UpstreamWatchParts parts)
    : parts_(std::move(parts)),
      dice_(parts_.seed),
      timer_(parts_.loop, [this] { look(); }),
      tasks_(parts_.loop, [](std::string_view, const core::Error&) {}) {}

UpstreamWatch::~UpstreamWatch() = default;

core::Result<std::unique_ptr<UpstreamWatch>> UpstreamWatch::make(const config::Config& config,
                                                                 UpstreamWatchParts parts) {
  std::unique_ptr<UpstreamWatch> watch(new UpstreamWatch(std::move(parts)));
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
  for (const Place& place : watched->published.latest()->places) {
    Name*& name = watched->names.emplace_back(nullptr);
    if (!place.where.unix_path.empty() || core::IpAddress::parse(place.where.host)) continue;
    name = name_of(place.where.host);
    name->users.push_back(watched.get());
  }
  return {};
}

UpstreamWatch::Name* UpstreamWatch::name_of(const std::string& host) {
  std::unique_ptr<Name>& name = names_[host];
  if (!name) {
    name = std::make_unique<Name>(host);
    turns_.push_back(name.get());
  }
  return name.get();
}

void UpstreamWatch::adopt(const UpstreamWatch& before) {
  for (const auto& [host, name] : names_) {
    const auto known = before.names_.find(host);
    if (known != before.names_.end()) name->addresses = known->second->addresses;
  }
  for (const auto& [key, watched] : watched_) {
    const auto known = before.watched_.find(key);
    const bool was_checked = known != before.watched_.end() && watched->client != nullptr;
    if (was_checked) watched->down = known->second->down;
    watched->published.publish(state_known_of(*watched));
  }
}

void UpstreamWatch::start() {
  for (const auto& [key, watched] : watched_) check(*watched, watched->published.latest()->places);
  if (!names_.empty()) look();
}

void UpstreamWatch::stop() {
  timer_.disarm();
  for (const auto& [key, watched] : watched_) watched->checks.clear();
}

const core::Published<UpstreamState>& UpstreamWatch::state_of(const config::Route& route) const {
  const auto found = watched_.find(upstream_key(route, std::get<config::Upstream>(route.action)));
  CHECK(found != watched_.end());
  return found->second->published;
}

void UpstreamWatch::look() {
  for (std::size_t i = 0; i < std::min(kNamesAtOnce, turns_.size()); ++i) {
    Name& name = *turns_[next_name_++ % turns_.size()];
    if (!std::exchange(name.is_asked, true)) tasks_.start(name.host, look_up(name));
  }
  timer_.arm(kLookInterval);
}

core::Flow<> UpstreamWatch::look_up(Name& name) {
  core::Result<core::Addresses> found = co_await core::attempt(parts_.resolver.resolve(name.host));
  name.is_asked = false;
  core::Addresses addresses = std::move(found).value_or(core::Addresses());
  if (std::ranges::is_permutation(addresses, name.addresses)) co_return core::done();
  name.addresses = std::move(addresses);
  for (Watched* user : name.users) publish(*user);
  co_return core::done();
}

/// Puts together what is known of names and checks.
std::shared_ptr<const UpstreamState> UpstreamWatch::state_known_of(const Watched& watched) {
  auto next = std::make_shared<UpstreamState>();
  for (std::size_t i = 0; i < watched.names.size(); ++i) {
    const Name* name = watched.names[i];
    const core::Addresses addresses = name == nullptr ? core::Addresses() : name->addresses;
    for (Place& place : places_of(watched.settings.origins[i], addresses)) {
      place.is_up = !watched.down.contains(place.key);
      next->places.push_back(std::move(place));
    }
  }
  return next;
}

void UpstreamWatch::publish(Watched& watched) {
  std::shared_ptr<const UpstreamState> next = state_known_of(watched);
  if (*next == *watched.published.latest()) return;
  check(watched, next->places);
  watched.published.publish(std::move(next));
}

/// A check for each of `places`, none for those that are no more.
void UpstreamWatch::check(Watched& watched, const std::vector<Place>& places) {
  if (watched.client == nullptr) return;
  std::map<std::string, std::unique_ptr<HealthCheck>> before = std::move(watched.checks);
  watched.checks.clear();
  std::set<std::string> still_down;
  for (const Place& place : places) {
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

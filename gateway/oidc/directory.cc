#include "gateway/oidc/directory.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "gateway/oidc/provider_fetch.h"

namespace gateway {

struct ProviderDirectory::Followed {
  explicit Followed(DirectoryEntry e) : entry(e), state(std::make_shared<const ProviderState>()) {}

  [[nodiscard]] ProviderState copy() const { return *state.latest(); }
  void publish(ProviderState next) { state.publish(std::make_shared<const ProviderState>(std::move(next))); }

  DirectoryEntry entry;
  core::Published<ProviderState> state;
  bool is_attempted = false;  // it has answered or failed once
  bool is_refetching = false;
  std::optional<core::SteadyTime> may_refetch_at;
  std::list<core::OneShot<>*> waiting;  // for the refetch under way
};

namespace {

using Waiting = std::list<core::OneShot<>*>;

/// Takes the cell off the list when its flow ends early.
class Place {
 public:
  Place(Waiting& list, core::OneShot<>& cell) : list_(list), cell_(&cell) { list_.push_back(cell_); }
  ~Place() { list_.remove(cell_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  Waiting& list_;
  core::OneShot<>* cell_;
};

void deliver_to(Waiting& list) {
  while (!list.empty()) {
    core::OneShot<>* cell = list.front();
    list.pop_front();
    cell->deliver(core::done());
  }
}

}  // namespace

ProviderDirectory::ProviderDirectory(std::vector<DirectoryEntry> entries, Services services)
    : services_(services), tasks_(services.loop, [this](std::string_view name, const core::Error& error) {
        note_end(name, error);
      }) {
  following_.emplace(services.loop,
                     [this](std::string_view name, const core::Error& error) { note_end(name, error); });
  for (const DirectoryEntry& entry : entries) {
    followed_.emplace(entry.provider->name, std::make_unique<Followed>(entry));
  }
}

ProviderDirectory::~ProviderDirectory() = default;

void ProviderDirectory::note_end(std::string_view name, const core::Error& error) const {
  services_.log.error("a provider is no longer followed", {{"provider", name}, {"error", error.text}});
}

void ProviderDirectory::adopt(const ProviderDirectory& before) {
  for (const auto& [name, followed] : followed_) {
    const auto known = before.followed_.find(name);
    const bool is_same =
        known != before.followed_.end() && *known->second->entry.provider == *followed->entry.provider;
    if (!is_same) continue;
    followed->state.publish(known->second->state.latest());
    followed->is_attempted = known->second->is_attempted;
  }
}

void ProviderDirectory::start() {
  if (std::exchange(is_started_, true)) return;
  for (auto& [name, followed] : followed_) following_->start(name, follow(followed.get()));
}

const core::Published<ProviderState>& ProviderDirectory::state(const std::string& provider) const {
  const auto found = followed_.find(provider);
  CHECK(found != followed_.end());
  return found->second->state;
}

core::Duration ProviderDirectory::pause_after_failure(unsigned failures) {
  core::Duration pause = kFirstRetry;
  for (; failures > 1 && pause < kLongestRetry; --failures) pause *= 2;
  pause = std::min(pause, kLongestRetry);
  // Up to a fifth less, so that many gateways do not come back at once.
  const auto spread = static_cast<std::uint64_t>(pause.count() / 5);
  return pause - core::Duration(static_cast<core::Duration::rep>(services_.random.below(spread + 1)));
}

core::Flow<> ProviderDirectory::follow(Followed* followed) {
  const std::string& name = followed->entry.provider->name;
  unsigned failures = 0;
  while (true) {
    const core::Result<core::Done> outcome = co_await core::attempt(discover(followed));
    core::Duration pause = kRefreshAfter;
    if (outcome) {
      if (failures > 0 || followed->state.generation() <= 2) {
        services_.log.info("provider is ready", {{"provider", name}});
      }
      failures = 0;
    } else {
      ++failures;
      pause = pause_after_failure(failures);
      ProviderState next = followed->copy();
      next.problem = outcome.error().text;
      services_.log.warn("provider is not reached",
                         {{"provider", name}, {"error", next.problem}, {"retry_in_ms", pause.count()}});
      forget_old_keys(name, next);
      followed->publish(std::move(next));
    }
    note_attempt(*followed);
    co_await core::sleep_for(services_.loop, pause);
  }
}

/// A key that its provider took back long ago must not sign anybody in because the provider cannot be asked.
void ProviderDirectory::forget_old_keys(std::string_view name, ProviderState& state) const {
  if (state.keys->keys().empty() || services_.loop.now() - state.keys_fetched_at < kKeysLast) return;
  state.keys = std::make_shared<const core::KeySet>();
  services_.log.error("the keys of a provider are too old to be believed", {{"provider", name}});
}

void ProviderDirectory::note_attempt(Followed& followed) {
  followed.is_attempted = true;
  if (!std::ranges::all_of(followed_, [](const auto& entry) { return entry.second->is_attempted; })) return;
  deliver_to(waiting_);
}

core::Flow<> ProviderDirectory::all_attempted() {
  start();
  if (std::ranges::all_of(followed_, [](const auto& entry) { return entry.second->is_attempted; }))
    co_return core::done();
  core::OneShot<> cell;
  const Place place(waiting_, cell);
  co_await cell;
  co_return core::done();
}

core::Flow<> ProviderDirectory::reach(core::Duration patience) {
  const auto deadline = core::Deadline::after(services_.loop, patience);
  // One that does not answer in time is followed on.
  co_await core::attempt(core::within(services_.loop, deadline, all_attempted()));
  co_return core::done();
}

core::Flow<> ProviderDirectory::discover(Followed* followed) {
  const config::Provider& provider = *followed->entry.provider;
  core::FetchRequest request = request_to(provider, discovery_url(provider));
  const core::FetchLimits limits;
  core::FetchResponse response = co_await followed->entry.client->fetch(std::move(request), limits);
  const std::string body = co_await json_body(std::move(response), "discovery");
  const Metadata metadata = co_await parse_metadata(body, provider);
  const core::Result<core::KeySet> keys = co_await core::attempt(fetch_keys(followed, metadata.jwks_uri));
  if (!keys) co_await core::failure(keys.error());
  ProviderState next;
  next.metadata = metadata;
  next.keys = std::make_shared<const core::KeySet>(*keys);
  next.keys_fetched_at = services_.loop.now();
  followed->publish(std::move(next));
  co_return core::done();
}

core::Flow<core::KeySet> ProviderDirectory::fetch_keys(Followed* followed, core::Url url) {
  core::FetchRequest request = request_to(*followed->entry.provider, url);
  const core::FetchLimits limits;
  core::FetchResponse response = co_await followed->entry.client->fetch(std::move(request), limits);
  const std::string body = co_await json_body(std::move(response), "keys");
  core::KeySet keys = co_await core::KeySet::parse(body);
  if (keys.keys().empty()) {
    co_await core::failure(core::ErrorKind::malformed, core::Side::provider, "keys: none of them can verify",
                           core::Retry::later);
  }
  co_return keys;
}

core::Flow<> ProviderDirectory::refetch(Followed* followed) {
  const std::optional<Metadata> metadata = followed->state.latest()->metadata;
  core::Result<core::KeySet> keys =
      core::failure(core::ErrorKind::unavailable, core::Side::provider, "no metadata");
  if (metadata) keys = co_await core::attempt(fetch_keys(followed, metadata->jwks_uri));
  ProviderState next = followed->copy();
  if (keys) {
    next.keys = std::make_shared<const core::KeySet>(std::move(*keys));
    next.keys_fetched_at = services_.loop.now();
    followed->publish(std::move(next));
  } else {
    services_.log.warn("keys of a provider could not be fetched again",
                       {{"provider", followed->entry.provider->name}, {"error", keys.error().text}});
  }
  followed->is_refetching = false;
  deliver_to(followed->waiting);
  co_return core::done();
}

core::Flow<> ProviderDirectory::refetch_keys(std::string provider) {
  const auto found = followed_.find(provider);
  if (found == followed_.end())
    co_await core::failure(core::ErrorKind::not_found, core::Side::us, "no such provider");
  Followed* followed = found->second.get();
  if (!followed->is_refetching) {
    const core::SteadyTime now = services_.loop.now();
    if (followed->may_refetch_at && now < *followed->may_refetch_at) co_return core::done();
    followed->may_refetch_at = now + kKeyFetchInterval;
    followed->is_refetching = true;
    tasks_.start(provider, refetch(followed));
  }
  if (!followed->is_refetching) co_return core::done();
  core::OneShot<> cell;
  const Place place(followed->waiting, cell);
  co_await cell;
  co_return core::done();
}

}  // namespace gateway

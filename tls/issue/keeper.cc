#include "tls/issue/keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/loop/together.h"
#include "core/loop/wait.h"
#include "tls/acme/certificate_request.h"
#include "tls/acme/http01.h"
#include "tls/acme/tls_alpn01.h"
#include "tls/issue/due.h"
#include "tls/issue/held_lock.h"
#include "tls/issue/keeper_sets.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::Flow;
using core::Result;

constexpr core::Duration kKeyPause = std::chrono::seconds(1);

std::string_view type_of(config::AcmeChallengeKind kind) {
  switch (kind) {
    case config::AcmeChallengeKind::http_01:
      return "http-01";
    case config::AcmeChallengeKind::tls_alpn_01:
      return "tls-alpn-01";
    case config::AcmeChallengeKind::dns_01:
      return "dns-01";
    case config::AcmeChallengeKind::dns_persist_01:
      return "dns-persist-01";
  }
  return "http-01";
}

/// A directory is one process's own, as a rule.
BoardReaders readers_of(const config::Config& config) {
  return config.storage.kind == config::StorageKind::directory ? BoardReaders::this_process
                                                               : BoardReaders::replicas;
}

AccountSettings account_settings(const config::Acme& acme) {
  AccountSettings settings;
  settings.email = acme.email;
  if (acme.external_account) {
    settings.external = ExternalAccount{acme.external_account->key_id, acme.external_account->hmac_key.value};
  }
  return settings;
}

}  // namespace

Keeper::Keeper(KeeperParts parts)
    : parts_(std::move(parts)),
      acme_(*parts_.config.tls.acme),
      store_(parts_.storage, parts_.random, parts_.log),
      accounts_(parts_.storage, parts_.log, account_settings(acme_)),
      board_({parts_.loop, parts_.storage, parts_.random, parts_.shelf, readers_of(parts_.config)}),
      tasks_(parts_.loop, [this](std::string_view name, const core::Error& error) {
        parts_.log.error("certificates: a task ended", {{"task", name}, {"why", error.text}});
      }) {
  for (const config::AcmeAuthority& settings : acme_.authorities) {
    authorities_.push_back(std::make_unique<Authority>(parts_.loop, parts_.authorities, settings));
  }
  parts_.challenges.push_back(std::make_unique<TlsAlpn01>(board_));
  for (const auto& challenge : parts_.challenges) ways_.push_back(challenge.get());
  const auto preferred = std::ranges::find(ways_, type_of(acme_.challenge), &Challenge::type);
  if (preferred != ways_.end()) std::rotate(ways_.begin(), preferred, preferred + 1);
  accounts_.tell([this](const std::string& thumbprint) { parts_.shelf.set_thumbprint(thumbprint); });
  look_at_names();
}

Keeper::~Keeper() = default;

void Keeper::look_at_names() {
  const std::vector<std::string> names = names_to_order(parts_.config, parts_.shelf.given());
  std::vector<std::string> hosts;
  hosts.reserve(names.size());
  for (const std::string& name : names) hosts.push_back(name.contains(':') ? "[" + name + "]" : name);
  parts_.shelf.set_challenge_hosts(hosts);
  const CertificateShelf::Batch batch(parts_.shelf);
  std::unordered_map<std::string_view, Watched*> known;
  std::vector<Watched*> moved;
  for (const auto& set : sets_) {
    if (!set->is_wanted) moved.push_back(set.get());
    set->is_wanted = false;
    known.emplace(set->id, set.get());
  }
  for (NameSet& wanted : wanted_sets(names)) {
    std::string id = set_id(wanted);
    if (const auto found = known.find(id); found != known.end()) {
      found->second->is_wanted = true;
      continue;
    }
    auto set = std::make_unique<Watched>();
    set->names = std::move(wanted);
    set->id = std::move(id);
    sets_.push_back(std::move(set));
  }
  for (const auto& set : sets_) {
    if (!set->is_wanted) moved.push_back(set.get());
  }
  for (const Watched* set : moved) put_on_shelf(*set);
}

/// Of two certificates for one name the one that is renewed must be shown; what was revoked helps nobody out.
void Keeper::put_on_shelf(const Watched& set) {
  const bool helps_out = !set.is_wanted && !is_revoked(set);
  parts_.shelf.set_issued(set.id, set.is_wanted ? set.certificate : nullptr);
  parts_.shelf.set_former(set.id, helps_out ? set.certificate : nullptr);
}

Flow<> Keeper::load() {
  const CertificateShelf::Batch batch(parts_.shelf);
  seen_change_ = co_await store_.change();
  co_await accounts_.known_thumbprint();
  revoked_ = co_await store_.revoked();
  co_await load_apart();
  co_await load_sets();
  co_await load_others();
  co_return core::done();
}

/// Those that nobody works on; several at once, since each is a way to a server that may be far.
Flow<> Keeper::load_sets() {
  std::size_t next = 0;
  std::vector<Flow<>> lanes;
  for (std::size_t i = 0; i < kParallelReads; ++i) lanes.push_back(load_lane(&next));
  co_await core::together(std::move(lanes));
  co_return core::done();
}

Flow<> Keeper::load_lane(std::size_t* next) {
  while (*next < sets_.size()) {
    Watched* set = sets_[(*next)++].get();
    if (set->is_busy) continue;
    Result<core::Done> loaded = co_await attempt(load_set(set));
    if (loaded) continue;
    if (!is_of_the_entry(loaded.error())) co_return core::failure(std::move(loaded.error()));
    // It holds nobody else up: not the start, and not what is stored of others.
    parts_.log.warn(
        "what is stored of a certificate cannot be read; it is left as it is",
        {{"names", fmt::format("{}", fmt::join(set->names, ", "))}, {"why", loaded.error().text}});
  }
  co_return core::done();
}

Flow<> Keeper::load_set(Watched* set) {
  std::optional<StoredCertificate> stored = co_await store_.certificate(set->id);
  if (stored) show(*set, *stored);
  set->attempts = co_await store_.attempts(set->id);
  set->advice = co_await store_.advice(set->id);
  if (set->advice && set->advice->renewal_id != set->renewal_id) set->advice.reset();
  set->is_resumable = false;
  set->is_unsettled = false;
  if (set->attempts && set->attempts->begun > 0 && set->attempts->begun <= kMaxResumes) {
    const std::unique_ptr<OrderJournal> journal = store_.journal(set->id, plan_for(*set).authority->id);
    std::optional<OrderRecord> record = co_await journal->load();
    set->is_resumable = record.has_value();
    set->is_unsettled = !set->is_resumable;
  }
  co_return core::done();
}

void Keeper::show(Watched& set, const StoredCertificate& stored) {
  Result<CertificatePointer> certificate = stored.certificate;
  if (stored.certificate == nullptr)
    certificate = Certificate::parse({stored.chain, stored.key, "certificates/" + set.id});
  if (!certificate) return;
  set.certificate = *certificate;
  set.directory = stored.directory;
  set.renewal_id = set.certificate->renewal_id();
  if (set.advice && set.advice->renewal_id != set.renewal_id) set.advice.reset();
  if (!set.is_former) put_on_shelf(set);
}

void Keeper::start() {
  tasks_.start("keeping certificates", tend());
}

Flow<> Keeper::tend() {
  // At once: another replica may have a key, and order, while this one waits for its own to be seen.
  tasks_.start("challenges of other replicas", board_.follow());
  co_await ensure_key();
  is_tending_ = true;
  next_sweep_ = parts_.loop.now() + kFirstSweep;
  tasks_.start("giving proofs back", give_back_what_left());
  for (;;) {
    Result<core::Done> followed = co_await attempt(follow_storage());
    if (!followed) {
      parts_.log.warn("storage cannot be read; certificates are kept as they are",
                      {{"why", followed.error().text}});
    }
    start_due();
    if (parts_.loop.now() >= next_sweep_ && !begins_nothing_) {
      next_sweep_ = parts_.loop.now() + kSweepPause;
      tasks_.start("removing former certificates", sweep());
    }
    co_await core::sleep_for(parts_.loop, kKeeperTick);
  }
}

/// One of several replicas makes the account's key; the others wait for it.
Flow<> Keeper::ensure_key() {
  const bool was_known = !accounts_.thumbprint().empty();
  const bool is_shared = parts_.config.storage.kind != config::StorageKind::directory;
  for (;;) {
    HeldLock lock(parts_.loop, parts_.storage, std::string(kKeyLock), parts_.holder);
    Result<core::Done> made = co_await attempt(lock.take());
    if (made) {
      Result<core::PrivateKey> key = co_await attempt(accounts_.key());
      co_await attempt(lock.release());
      if (key) break;
      made = core::failure(std::move(key.error()));
    }
    if (made.error().kind != ErrorKind::conflict) {
      parts_.log.error("certificates cannot be ordered: the account's key cannot be stored",
                       {{"why", made.error().text}});
      co_await core::sleep_for(parts_.loop, kStorageBackOff);
    }
    co_await core::sleep_for(parts_.loop, kKeyPause);
  }
  if (is_shared && !was_known) co_await core::sleep_for(parts_.loop, kKeySpread);
  co_return core::done();
}

/// Takes what other replicas have stored since: the account's key too, since any replica may be asked to
/// prove a name with it.
Flow<> Keeper::follow_storage() {
  co_await accounts_.known_thumbprint();
  std::string change = co_await store_.change();
  if (change == seen_change_) co_return core::done();
  const CertificateShelf::Batch batch(parts_.shelf);
  revoked_ = co_await store_.revoked();
  co_await load_apart();
  co_await load_sets();
  seen_change_ = std::move(change);
  co_return core::done();
}

core::WallTime Keeper::due_time(const Watched& set) const {
  if (set.certificate == nullptr || is_revoked(set)) return core::WallTime{};
  return tls::due_time(*set.certificate, set.advice);
}

bool Keeper::is_due(const Watched& set) const {
  if (!set.is_wanted || set.is_busy || parts_.loop.now() < set.not_before) return false;
  if (!set.asking.empty()) return true;
  if (now() < due_time(set) || parts_.loop.now() < set.spread_to) return false;
  if (!set.attempts || now() >= set.attempts->next) return true;
  // A clock that was set back must not stop renewals for longer than any pause lasts.
  if (set.attempts->next > now() + kLongestRetryAfter + kLongestBackOff) return true;
  // A process died over it: going on with its order costs the authority nothing new. Whoever began and had no
  // order yet may have one by now; the lock shows whether it lives.
  return set.is_resumable || set.is_unsettled;
}

/// Where many renewals were missed they are not made up for all at once.
void Keeper::spread_missed() {
  const core::WallTime at = now();
  const bool was_away = !last_look_ || at - *last_look_ > kMissed;
  last_look_ = at;
  if (!was_away) return;
  std::vector<Watched*> missed;
  for (const auto& set : sets_) {
    const bool is_renewal = set->is_wanted && set->certificate != nullptr && !is_revoked(*set);
    if (is_renewal && !set->attempts && due_time(*set) + kMissed <= at) missed.push_back(set.get());
  }
  std::ranges::sort(missed, {}, [](const Watched* set) { return set->certificate->not_after(); });
  for (std::size_t i = 0; i < missed.size(); ++i) {
    const auto left = std::chrono::duration_cast<core::Duration>(missed[i]->certificate->not_after() - at);
    missed[i]->spread_to = parts_.loop.now() + missed_pause({i, missed.size()}, left, parts_.random.number());
  }
}

void Keeper::start_due() {
  if (begins_nothing_) return;
  spread_missed();
  start_orders();
  start_asking();
}

void Keeper::start_orders() {
  if (is_changing_key_) return;
  const std::size_t count = sets_.size();
  for (std::size_t i = 0; i < count; ++i) {
    Watched& set = *sets_[(first_ + i) % count];
    if (!is_due(set)) continue;
    // The first order makes the account; with it, others run beside.
    const bool has_account = plan_for(set).authority->has_account;
    if (orders_ >= (has_account ? kParallelOrders : 1)) {
      first_ = (first_ + i) % count;
      return;
    }
    set.is_busy = true;
    ++orders_;
    tasks_.start("order for " + set.names.front(), work(&set));
  }
}

void Keeper::wind_down(WindDown how) {
  begins_nothing_ = true;
  is_closing_ = how == WindDown::prove_nothing;
}

void Keeper::go_on() {
  begins_nothing_ = false;
  is_closing_ = false;
}

}  // namespace tls

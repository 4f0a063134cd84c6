#include "gateway/session/session_keys.h"

#include <utility>

#include "core/crypto/session_key.h"
#include "core/loop/wait.h"

namespace gateway {
namespace {

constexpr const char* kEntry = "session-key";
constexpr core::Duration kLease = std::chrono::seconds(10);
constexpr core::Duration kPause = std::chrono::milliseconds(500);
/// Longer than the lease of a replica that died over it.
constexpr int kMaxPauses = 30;

core::Flow<core::KeyRing> ring_of(std::string text) {
  std::vector<core::Secret> keys;
  core::Secret key = co_await core::parse_session_key(text);
  core::wipe(text);
  keys.push_back(std::move(key));
  core::KeyRing ring = co_await core::KeyRing::make(std::move(keys));
  co_return ring;
}

core::Flow<core::KeyRing> generate(core::Storage& storage) {
  const core::Secret key = core::generate_session_key();
  core::StorageEntry entry;
  entry.value = key.reveal();
  co_await storage.put(kEntry, entry);
  // Read back: what storage says it kept is what a restart will find.
  const core::StorageEntry kept = co_await storage.get(kEntry);
  core::KeyRing ring = co_await ring_of(kept.value);
  co_return ring;
}

core::Flow<core::KeyRing> find_or_generate(core::Storage& storage) {
  const core::Result<core::StorageEntry> kept = co_await core::attempt(storage.get(kEntry));
  if (kept) {
    core::KeyRing ring = co_await ring_of(kept->value);
    co_return ring;
  }
  if (kept.error().kind != core::ErrorKind::not_found) co_await core::failure(kept.error());
  const std::string holder = core::Random().hex_id();
  co_await storage.lock(kEntry, holder, kLease);
  const core::Result<core::StorageEntry> again = co_await core::attempt(storage.get(kEntry));
  core::Result<core::KeyRing> made = core::failure(core::ErrorKind::internal, core::Side::us, "");
  if (again) {
    made = co_await core::attempt(ring_of(again->value));
  } else if (again.error().kind == core::ErrorKind::not_found) {
    made = co_await core::attempt(generate(storage));
  } else {
    made = core::failure(again.error());  // there may be one: another in its place would end all sessions
  }
  co_await storage.unlock(kEntry, holder);
  core::KeyRing ring = co_await std::move(made);
  co_return ring;
}

/// Of replicas that start together one makes the key, and the others wait for it.
core::Flow<core::KeyRing> stored_keys(core::Storage& storage, core::Loop& loop) {
  for (int pauses = 0;; ++pauses) {
    core::Result<core::KeyRing> found = co_await core::attempt(find_or_generate(storage));
    const bool is_being_made = !found && found.error().kind == core::ErrorKind::conflict;
    if (!is_being_made || pauses == kMaxPauses) co_return std::move(found);
    co_await core::sleep_for(loop, kPause);
  }
}

}  // namespace

core::Flow<core::KeyRing> load_session_keys(std::vector<config::ConfiguredSecret> configured,
                                            core::Storage& storage, core::Loop& loop) {
  if (configured.empty()) {
    core::Result<core::KeyRing> stored = co_await core::attempt(stored_keys(storage, loop));
    if (!stored) {
      co_await core::failure(std::move(stored.error()).during("keeping the session key in storage"));
    }
    co_return std::move(*stored);
  }
  std::vector<core::Secret> keys;
  for (config::ConfiguredSecret& key : configured) keys.push_back(std::move(key.value));
  core::KeyRing ring = co_await core::KeyRing::make(std::move(keys));
  co_return ring;
}

}  // namespace gateway

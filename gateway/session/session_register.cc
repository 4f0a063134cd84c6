#include "gateway/session/session_register.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/loop/wait.h"
#include "core/text/json.h"
#include "gateway/session/revocation_entry.h"
#include "gateway/session/sessions.h"

namespace gateway {
namespace {

constexpr std::string_view kFolder = "known-sessions/";
constexpr std::string_view kScope = "known sessions";
/// Longer than kNoteAtMost: nobody writes what another is about to replace.
constexpr core::Duration kLease = std::chrono::seconds(5);
/// As other lines of the audit.
constexpr std::size_t kShownDigits = 12;
constexpr core::Duration kPause = std::chrono::milliseconds(100);

std::string key_of(const Identity& who) {
  // As JSON no two lists of texts are the same.
  return hashed_key(kFolder, core::Json::array({core::Json(who.issuer), core::Json(who.subject)}).text());
}

/// Locks are no entries, and stand beside the folder.
std::string lock_of(const std::string& key) {
  return "known-sessions-" + key.substr(kFolder.size());
}

}  // namespace

SessionRegister::SessionRegister(SessionRegisterParts parts)
    : parts_(parts), sealer_(parts.keys, core::Purpose::storage, parts.random) {}

/// None if nothing is there, or nothing that a key of ours opens: it is only shown.
core::Flow<std::vector<KnownSession>> SessionRegister::read(std::string key) {
  std::vector<KnownSession> sessions;
  const core::Result<core::StorageEntry> entry = co_await core::attempt(parts_.storage.get(key));
  if (!entry && entry.error().kind == core::ErrorKind::unavailable) co_return core::failure(entry.error());
  if (!entry) co_return sessions;
  const core::Result<core::Opened> opened = sealer_.open(entry->value, {key, kScope});
  if (!opened) co_return sessions;
  core::Result<std::vector<KnownSession>> read = decode_known_sessions(opened->plaintext.reveal());
  if (!read) co_return sessions;
  const core::WallTime now = parts_.clock.wall();
  const std::shared_ptr<const Revocations> ended = parts_.revocations.published().latest();
  std::erase_if(*read, [&](const KnownSession& known) {
    return known.who.expires_at <= now || ended->is_revoked(known.who);
  });
  co_return std::move(*read);
}

core::Flow<> SessionRegister::lock(std::string name, std::string holder) {
  for (;;) {
    const core::Result<core::Done> taken = co_await core::attempt(parts_.storage.lock(name, holder, kLease));
    if (taken) co_return core::done();
    if (taken.error().kind != core::ErrorKind::conflict) co_return core::failure(taken.error());
    co_await core::sleep_for(parts_.loop, kPause);
  }
}

core::Flow<> SessionRegister::change_alone(std::string key, std::vector<KnownSession> more) {
  std::vector<KnownSession> sessions = co_await read(key);
  sessions.insert(sessions.begin(), more.begin(), more.end());
  std::vector<KnownSession> dropped;
  if (sessions.size() > kMaxKnownSessions) {
    const auto first = sessions.begin() + static_cast<std::ptrdiff_t>(kMaxKnownSessions);
    dropped.assign(first, sessions.end());
    sessions.erase(first, sessions.end());
  }
  for (const KnownSession& known : dropped) co_await end_dropped(known);
  if (sessions.empty()) {
    co_await parts_.storage.remove(key);
    co_return core::done();
  }
  core::StorageEntry entry;
  entry.value = sealer_.seal(encode_known_sessions(sessions), {key, kScope});
  core::WallTime end{};
  for (const KnownSession& known : sessions) end = std::max(end, known.who.expires_at);
  entry.expires = end;
  co_await parts_.storage.put(key, std::move(entry));
  co_return core::done();
}

/// Nobody has a session that its owner cannot see: who signs in often enough would push his own off the list.
core::Flow<> SessionRegister::end_dropped(const KnownSession& known) {
  parts_.audit.note(AuditAct::sessions_revoked,
                    fmt::format("ended: the oldest session {} of {} at {}, who has more than {}",
                                known.who.session_id.substr(0, kShownDigits),
                                known.who.user.empty() ? known.who.subject : known.who.user,
                                known.who.provider, kMaxKnownSessions));
  return parts_.revocations.revoke(revocation_of(known.who));
}

/// Replicas, and sign-ins at once, read and write the same record.
core::Flow<> SessionRegister::change(std::string key, std::vector<KnownSession> more) {
  const std::string name = lock_of(key);
  const std::string holder = parts_.random.hex_id();
  co_await lock(name, holder);
  const core::Result<core::Done> changed = co_await core::attempt(change_alone(key, std::move(more)));
  co_await core::attempt(parts_.storage.unlock(name, holder));
  co_return changed;
}

void SessionRegister::say(const core::Result<core::Done>& outcome) const {
  if (outcome) return;
  parts_.log.warn("the list of a person's sessions could not be written; the session itself is not touched",
                  {{"error", outcome.error().text}});
}

core::Flow<> SessionRegister::note(KnownSession session) {
  std::vector<KnownSession> more;
  more.push_back(std::move(session));
  const std::string key = key_of(more.front().who);
  const core::Deadline deadline = core::Deadline::after(parts_.loop, kNoteAtMost);
  core::Flow<> changing = change(key, std::move(more));
  core::Flow<> in_time = core::within(parts_.loop, deadline, std::move(changing));
  const core::Result<core::Done> outcome = co_await core::attempt(std::move(in_time));
  say(outcome);
  co_return core::done();
}

core::Flow<> SessionRegister::tidy(Identity who) {
  std::vector<KnownSession> none;
  const core::Deadline deadline = core::Deadline::after(parts_.loop, kNoteAtMost);
  core::Flow<> changing = change(key_of(who), std::move(none));
  core::Flow<> in_time = core::within(parts_.loop, deadline, std::move(changing));
  const core::Result<core::Done> outcome = co_await core::attempt(std::move(in_time));
  say(outcome);
  co_return core::done();
}

core::Flow<std::vector<KnownSession>> SessionRegister::of(Identity who) {
  return read(key_of(who));
}

core::Flow<std::vector<KnownSession>> SessionRegister::all() {
  std::vector<KnownSession> sessions;
  const std::vector<std::string> keys = co_await parts_.storage.list(std::string(kFolder));
  for (const std::string& key : keys) {
    std::vector<KnownSession> read_now = co_await read(key);
    std::ranges::move(read_now, std::back_inserter(sessions));
  }
  co_return std::move(sessions);
}

core::Flow<> SessionRegister::end(Identity who, std::string session_id) {
  const std::vector<KnownSession> sessions = co_await of(who);
  const auto found = std::ranges::find_if(
      sessions, [&](const KnownSession& known) { return known.who.session_id == session_id; });
  if (found == sessions.end())
    co_return core::failure(core::ErrorKind::not_found, core::Side::client, "no such session");
  Revocation revocation = revocation_of(found->who);
  co_await parts_.revocations.revoke(std::move(revocation));
  co_await tidy(std::move(who));
  co_return core::done();
}

}  // namespace gateway

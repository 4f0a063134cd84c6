#include "gateway/session/token_register.h"

#include <algorithm>
#include <utility>

namespace gateway {
namespace {

constexpr std::string_view kFolder = "personal-tokens";
/// Another value after each change.
constexpr std::string_view kChange = "personal-tokens.changed";
constexpr std::string_view kScope = "personal token";
/// Whatever the mark says, everything is listed this often: one that could not be put is made up for.
constexpr core::Duration kWholeLook = std::chrono::minutes(1);

std::string key_of(std::string_view id) {
  return std::string(kFolder).append("/").append(id);
}

std::unexpected<core::Error> refused(std::string text) {
  return core::failure(core::ErrorKind::refused, core::Side::client, std::move(text));
}

bool is_same_person(const Identity& one, const Identity& other) {
  return one.issuer == other.issuer && one.subject == other.subject;
}

}  // namespace

TokenRegister::TokenRegister(TokenRegisterParts parts)
    : parts_(parts),
      sealer_(parts.keys, core::Purpose::storage, parts.random),
      published_(std::make_shared<const PersonalTokens>()) {}

void TokenRegister::publish(std::shared_ptr<const PersonalTokens> next) {
  published_.publish(std::move(next));
  told_();
}

core::Flow<> TokenRegister::load() {
  const std::shared_ptr<const PersonalTokens> before = published_.latest();
  std::vector<std::string> settled;
  for (const auto& [id, is_removed] : ended_) {
    const auto is_it = [&id](const PersonalTokens::Shared& token) { return token->id() == id; };
    if (is_removed && std::ranges::none_of(being_made_, is_it)) settled.push_back(id);
  }
  const std::vector<std::string> keys = co_await parts_.storage.list(std::string(kFolder));
  const std::set<std::string> listed(keys.begin(), keys.end());
  std::erase_if(unreadable_, [&listed](const std::string& key) { return !listed.contains(key); });
  std::vector<PersonalTokens::Shared> more;
  for (const std::string& key : keys) {
    if (before->find_id(key.substr(kFolder.size() + 1)) != nullptr) continue;
    PersonalTokens::Shared token = co_await read(key);
    if (token != nullptr) more.push_back(std::move(token));
  }
  take_in(listed, *before, std::move(more));
  for (const std::string& id : settled) ended_.erase(id);
  co_return core::done();
}

/// Null if it opens nothing. Fails if storage cannot be read.
core::Flow<PersonalTokens::Shared> TokenRegister::read(std::string key) {
  const core::Result<core::StorageEntry> entry = co_await core::attempt(parts_.storage.get(key));
  if (!entry && entry.error().kind == core::ErrorKind::unavailable) co_return core::failure(entry.error());
  if (!entry) co_return PersonalTokens::Shared();  // ended meanwhile
  const core::Result<core::Opened> opened = sealer_.open(entry->value, {key, kScope});
  core::Result<PersonalToken> token =
      core::failure(core::ErrorKind::unverified, core::Side::storage, "no key of ours opens it");
  if (opened) token = decode_personal_token(opened->plaintext.reveal());
  if (!token || key_of(token->id()) != key) {
    if (unreadable_.insert(key).second) {
      parts_.log.error(
          "a personal token in storage cannot be read, and opens nothing: is the session key that sealed it "
          "gone?",
          {{"key", key}});
    }
    co_return PersonalTokens::Shared();
  }
  co_return std::make_shared<const PersonalToken>(std::move(*token));
}

/// Onto the snapshot of now: some may have been made or ended here while a look waited.
void TokenRegister::take_in(const std::set<std::string>& listed, const PersonalTokens& before,
                            std::vector<PersonalTokens::Shared> more) {
  const core::WallTime now = parts_.clock.wall();
  std::set<std::string> gone;
  for (const PersonalTokens::Shared& token : before.all()) {
    if (!listed.contains(key_of(token->id()))) gone.insert(token->id());
  }
  std::erase_if(more, [this](const PersonalTokens::Shared& token) { return ended_.contains(token->id()); });
  if (gone.empty() && more.empty()) return;
  std::shared_ptr<const PersonalTokens> next = published_.latest()->without(gone, now);
  publish(next->with(more, now));
}

void TokenRegister::take_over(const TokenRegister& before) {
  std::set<std::string> ids;
  for (const auto& [id, is_removed] : before.ended_) {
    ended_.emplace(id, is_removed);
    ids.insert(id);
  }
  if (!ids.empty()) publish(published_.latest()->without(ids, parts_.clock.wall()));
}

void TokenRegister::follow(core::Loop& loop, core::Duration interval) {
  interval_ = interval;
  timer_.emplace(loop, [this] { look_again(); });
  timer_->arm(interval_);
}

void TokenRegister::look_again() {
  looking_.start(look(), [this](const core::Result<core::Done>& outcome) {
    if (!outcome && !is_blind_) {
      parts_.log.error("personal tokens that were revoked elsewhere count until storage can be read again",
                       {{"error", outcome.error().text}});
    }
    is_blind_ = !outcome;
    timer_->arm(interval_);
  });
}

/// Thousands of entries are listed only when there are others. What could not be removed is tried again.
core::Flow<> TokenRegister::look() {
  std::vector<std::string> left_over;
  for (const auto& [id, is_removed] : ended_) {
    if (!is_removed) left_over.push_back(id);
  }
  for (const std::string& id : left_over) co_await remove(id);
  if (!left_over.empty()) co_await say_change();
  const core::Result<core::StorageEntry> mark =
      co_await core::attempt(parts_.storage.get(std::string(kChange)));
  if (!mark && mark.error().kind == core::ErrorKind::unavailable) co_return core::failure(mark.error());
  const std::string change = mark ? mark->value : std::string();
  const core::SteadyTime now = parts_.clock.steady();
  if (change == seen_change_ && now < whole_look_at_) co_return core::done();
  co_await load();
  seen_change_ = change;
  whole_look_at_ = now + kWholeLook;
  co_return core::done();
}

core::Result<core::Done> TokenRegister::room_for(const Identity& owner) const {
  const std::shared_ptr<const PersonalTokens> now = published_.latest();
  const auto is_theirs = [&owner](const PersonalTokens::Shared& token) {
    return is_same_person(*token->owner, owner);
  };
  const auto coming = static_cast<std::size_t>(std::ranges::count_if(being_made_, is_theirs));
  if (now->of(owner).size() + coming >= kMaxTokensEach) return refused("too many tokens of one person");
  if (now->size() + being_made_.size() >= kMaxPersonalTokens) return refused("too many personal tokens");
  return core::done();
}

core::Flow<> TokenRegister::keep(PersonalTokens::Shared token) {
  const std::string key = key_of(token->id());
  core::StorageEntry entry;
  entry.value = sealer_.seal(encode_personal_token(*token), {key, kScope});
  entry.expires = token->owner->expires_at;
  co_await parts_.storage.put(key, std::move(entry));
  co_return core::done();
}

core::Flow<> TokenRegister::create(PersonalToken token) {
  auto made = std::make_shared<const PersonalToken>(std::move(token));
  const core::Result<core::Done> room = room_for(*made->owner);
  if (!room) co_return core::failure(room.error());
  core::Result<core::Done> kept = core::done();
  {
    const TokenInMaking coming(being_made_, made);
    kept = co_await core::attempt(keep(made));
  }
  if (!kept) co_return core::failure(kept.error());
  if (ended_.contains(made->id())) {
    co_await remove(made->id());
    co_return refused("ended before it was made");
  }
  publish(published_.latest()->with({made}, parts_.clock.wall()));
  co_await say_change();
  co_return core::done();
}

core::Flow<> TokenRegister::revoke(std::string id, Identity owner) {
  const PersonalTokens::Shared token = published_.latest()->find_id(id);
  const bool is_theirs = token != nullptr && is_same_person(*token->owner, owner);
  if (!is_theirs) co_await core::failure(core::ErrorKind::not_found, core::Side::client, "no such token");
  std::set<std::string> ids;
  ids.insert(std::move(id));
  co_await end(std::move(ids));
  co_return core::done();
}

core::Flow<std::size_t> TokenRegister::revoke_of(std::function<bool(const Identity& owner)> is_meant) {
  std::set<std::string> ids;
  for (const PersonalTokens::Shared& token : published_.latest()->all()) {
    if (is_meant(*token->owner)) ids.insert(token->id());
  }
  for (const PersonalTokens::Shared& token : being_made_) {
    if (is_meant(*token->owner)) ids.insert(token->id());
  }
  const std::size_t count = ids.size();
  if (count > 0) co_await end(std::move(ids));
  co_return count;
}

core::Flow<> TokenRegister::end(std::set<std::string> ids) {
  for (const std::string& id : ids) ended_[id] = false;
  publish(published_.latest()->without(ids, parts_.clock.wall()));
  for (const std::string& id : ids) co_await remove(id);
  co_await say_change();
  const bool is_kept = std::ranges::all_of(ids, [this](const std::string& id) {
    const auto found = ended_.find(id);
    return found == ended_.end() || found->second;
  });
  if (is_kept) co_return core::done();
  co_return core::failure(core::ErrorKind::unavailable, core::Side::storage,
                          "tokens ended here, but storage could not be told; it will be tried again");
}

/// From storage, or later: ended_ knows.
core::Flow<> TokenRegister::remove(std::string id) {
  const core::Result<core::Done> removed = co_await core::attempt(parts_.storage.remove(key_of(id)));
  const auto found = ended_.find(id);
  if (removed && found != ended_.end()) found->second = true;
  co_return core::done();
}

/// To other replicas.
core::Flow<> TokenRegister::say_change() {
  core::StorageEntry change;
  change.value = parts_.random.hex_id();
  co_await core::attempt(parts_.storage.put(std::string(kChange), std::move(change)));
  co_return core::done();
}

}  // namespace gateway

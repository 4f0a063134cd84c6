#include "tls/issue/challenge_board.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/loop/wait.h"
#include "core/text/base64.h"
#include "core/text/json.h"
#include "tls/issue/names.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::Flow;
using core::Json;
using core::Result;

constexpr std::string_view kFolder = "acme.challenges";
constexpr std::string_view kChangeKey = "acme.challenges.changed";

std::string key_of(const AlpnChallenge& challenge) {
  return std::string(kFolder) + "/" + set_id({challenge.identifier});
}

std::optional<AlpnChallenge> read_challenge(std::string_view text) {
  const Result<Json> json = Json::parse(text, core::Side::storage);
  if (!json) return std::nullopt;
  AlpnChallenge challenge;
  challenge.identifier = std::string(json->string_at("identifier").value_or(""));
  const Result<std::string> digest = core::base64url_decode(json->string_at("digest").value_or(""));
  if (challenge.identifier.empty() || !digest || digest->size() != challenge.digest.size())
    return std::nullopt;
  std::ranges::copy(*digest, challenge.digest.begin());
  return challenge;
}

}  // namespace

void ChallengeBoard::put_on_shelf(const AlpnChallenge& challenge) {
  Result<CertificatePointer> certificate = challenge_certificate(challenge, parts_.loop.clock().wall());
  if (!certificate) return;
  parts_.shelf.show_challenge(challenge_server_name(challenge.identifier), std::move(*certificate));
}

Flow<> ChallengeBoard::mark_changed() {
  core::StorageEntry change;
  change.value = parts_.random.id();
  co_await parts_.storage.put(std::string(kChangeKey), std::move(change));
  co_return core::done();
}

Flow<> ChallengeBoard::show(AlpnChallenge challenge) {
  CertificatePointer certificate = co_await challenge_certificate(challenge, parts_.loop.clock().wall());
  const std::string name = challenge_server_name(challenge.identifier);
  own_[name] = parts_.loop.now();
  parts_.shelf.show_challenge(name, std::move(certificate));
  if (parts_.readers == BoardReaders::this_process) co_return core::done();
  Json json = Json::object();
  json.set("identifier", Json(challenge.identifier));
  json.set("digest", Json(core::base64url_encode(core::view_of(challenge.digest))));
  core::StorageEntry entry;
  entry.value = json.text();
  entry.expires = parts_.loop.clock().wall() + kBoardLifetime;
  co_await parts_.storage.put(key_of(challenge), std::move(entry));
  co_await mark_changed();
  own_[name] = parts_.loop.now();
  co_return core::done();
}

Flow<> ChallengeBoard::await_everywhere(AlpnChallenge challenge) {
  const auto own = own_.find(challenge_server_name(challenge.identifier));
  if (parts_.readers == BoardReaders::this_process || own == own_.end()) co_return core::done();
  const core::SteadyTime until = own->second + kBoardSpread;
  const auto left = std::chrono::duration_cast<core::Duration>(until - parts_.loop.now());
  if (left > core::Duration::zero()) co_await core::sleep_for(parts_.loop, left);
  co_return core::done();
}

Flow<> ChallengeBoard::hide(AlpnChallenge challenge) {
  const std::string name = challenge_server_name(challenge.identifier);
  own_.erase(name);
  parts_.shelf.show_challenge(name, nullptr);
  if (parts_.readers == BoardReaders::this_process) co_return core::done();
  co_await parts_.storage.remove(key_of(challenge));
  co_await mark_changed();
  co_return core::done();
}

Flow<> ChallengeBoard::follow() {
  if (parts_.readers == BoardReaders::this_process) co_return core::done();
  for (;;) {
    // What storage cannot tell now it tells later; that it is away others say already.
    co_await attempt(look());
    forget_expired();
    co_await core::sleep_for(parts_.loop, kBoardLook);
  }
}

Flow<> ChallengeBoard::look() {
  Result<core::StorageEntry> change = co_await attempt(parts_.storage.get(std::string(kChangeKey)));
  if (!change && change.error().kind != ErrorKind::not_found)
    co_return core::failure(std::move(change.error()));
  if (!change || change->value == seen_change_) co_return core::done();
  PostedByName posted = co_await read_all();
  take(std::move(posted));
  seen_change_ = std::move(change->value);
  co_return core::done();
}

Flow<ChallengeBoard::PostedByName> ChallengeBoard::read_all() {
  const std::vector<std::string> keys = co_await parts_.storage.list(std::string(kFolder));
  PostedByName posted;
  for (const std::string& key : keys) {
    if (posted.size() == kMaxPostedChallenges) break;
    Result<core::StorageEntry> entry = co_await attempt(parts_.storage.get(key));
    const bool is_gone = !entry && entry.error().kind != ErrorKind::unavailable;
    if (is_gone) continue;
    if (!entry) co_return core::failure(std::move(entry.error()));
    std::optional<AlpnChallenge> challenge = read_challenge(entry->value);
    if (!challenge || !entry->expires) continue;
    std::string name = challenge_server_name(challenge->identifier);
    posted[std::move(name)] = Posted{std::move(*challenge), *entry->expires};
  }
  co_return std::move(posted);
}

void ChallengeBoard::take(PostedByName posted) {
  std::erase_if(posted, [this](const auto& one) { return own_.contains(one.first); });
  for (const auto& [name, old] : theirs_) {
    if (!posted.contains(name) && !own_.contains(name)) parts_.shelf.show_challenge(name, nullptr);
  }
  for (const auto& [name, one] : posted) {
    const auto known = theirs_.find(name);
    if (known == theirs_.end() || known->second.challenge.digest != one.challenge.digest) {
      put_on_shelf(one.challenge);
    }
  }
  theirs_ = std::move(posted);
}

void ChallengeBoard::forget_expired() {
  const core::WallTime now = parts_.loop.clock().wall();
  std::erase_if(theirs_, [&](const auto& one) {
    const bool is_over = one.second.expires <= now;
    if (is_over && !own_.contains(one.first)) parts_.shelf.show_challenge(one.first, nullptr);
    return is_over;
  });
}

}  // namespace tls

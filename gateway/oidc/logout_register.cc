#include "gateway/oidc/logout_register.h"

#include <utility>
#include <vector>

#include "core/text/json.h"
#include "gateway/session/sessions.h"

namespace gateway {
namespace {

constexpr std::string_view kFolder = "logout-tokens/";

std::unexpected<core::Error> taken_before() {
  return core::failure(core::ErrorKind::conflict, core::Side::provider, "the logout token was used before");
}

std::string key_of(const LogoutNotice& notice) {
  return hashed_key(kFolder,
                    core::Json::array({core::Json(notice.issuer), core::Json(notice.token_id)}).text());
}

}  // namespace

std::vector<Revocation> LogoutRegister::ended_by(const LogoutNotice& notice) const {
  Revocation one;
  one.issuer = notice.issuer;
  one.until = notice.issued_at;
  one.expires = parts_.clock.wall() + parts_.session_lifetime + 2 * kSessionClockSkew;
  one.kind = RevocationKind::subject;
  one.name = notice.subject;
  if (notice.provider_session.empty()) return {one};
  std::vector<Revocation> all;
  // Of sessions whose ID token named none there is no telling: they end with any of their person's.
  one.kind = RevocationKind::subject_without_session;
  if (!notice.subject.empty()) all.push_back(one);
  one.kind = RevocationKind::provider_session;
  one.name = notice.provider_session;
  all.push_back(one);
  return all;
}

core::Flow<> LogoutRegister::record(LogoutNotice notice) {
  const std::string key = key_of(notice);
  if (!under_way_.insert(key).second) co_return taken_before();
  struct Leave {
    std::set<std::string>& under_way;
    const std::string& key;
    ~Leave() { under_way.erase(key); }
  };
  const Leave leave{under_way_, key};
  co_await take(std::move(notice), key);
  co_return core::done();
}

core::Flow<> LogoutRegister::take(LogoutNotice notice, std::string key) {
  const core::Result<core::StorageEntry> before = co_await core::attempt(parts_.storage.get(key));
  if (before) co_return taken_before();
  const std::vector<Revocation> ended = ended_by(notice);
  if (before.error().kind != core::ErrorKind::not_found) {
    // Here they end all the same: a token that was used before ends nothing that it has not ended then.
    for (const Revocation& revocation : ended) co_await core::attempt(parts_.revocations.revoke(revocation));
    co_await core::failure(before.error());
  }
  for (const Revocation& revocation : ended) co_await parts_.revocations.revoke(revocation);
  core::StorageEntry entry;
  entry.value = notice.issuer;
  entry.expires = notice.counts_until;
  co_await parts_.storage.put(key, entry);
  co_return core::done();
}

}  // namespace gateway

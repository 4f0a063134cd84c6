#include "gateway/model/assertions.h"

#include <algorithm>
#include <utility>

#include "gateway/model/identity_headers.h"

namespace gateway {
namespace {

core::WallTime end_of(const Identity& identity, core::WallTime now) {
  return std::min(now + kIdentityAssertionLifetime, identity.expires_at);
}

void set_text(core::Json& claims, std::string_view name, const std::string& text) {
  if (!text.empty()) claims.set(name, text);
}

}  // namespace

std::string assertion_claims(const Identity& identity, std::string_view host, std::string_view id,
                             core::WallTime now) {
  core::Json claims = core::Json::object();
  claims.set("iss", host);
  claims.set("aud", host);
  claims.set("sub", identity.subject);
  set_text(claims, "user", identity.user);
  if (identity.email_counts) set_text(claims, "email", identity.email);
  set_text(claims, "name", identity.name);
  set_text(claims, "preferred_username", identity.preferred_username);
  if (!identity.groups.empty()) {
    core::Json groups = core::Json::array();
    for (const std::string& group : identity.groups) groups.push(group);
    claims.set("groups", std::move(groups));
  }
  std::string provider;
  if (identity_value(identity, "provider", provider)) claims.set("provider", provider);
  set_text(claims, "sid", identity.session_id);
  claims.set("jti", id);
  claims.set("iat", core::unix_seconds(now));
  claims.set("exp", core::unix_seconds(end_of(identity, now)));
  return claims.text();
}

Assertions::Assertions(core::KeyRing ring, core::Random& random, std::size_t entries)
    : keys_(std::move(ring)), random_(random), max_entries_(entries) {}

Assertions::Current Assertions::of(const std::shared_ptr<const Identity>& identity, std::string_view host,
                                   core::WallTime now) {
  const auto found = by_key_.find(Key{identity.get(), host});
  if (found != by_key_.end()) {
    const Entry& known = *found->second;
    // From later than now: a clock was set back, and the application would refuse it.
    if (known.made_at <= now && now < known.use_until) return {known.token, known.made_at, known.use_until};
    erase(found->second);
  }
  const Entry& made = make(identity, host, now);
  return {made.token, made.made_at, made.use_until};
}

const Assertions::Entry& Assertions::make(const std::shared_ptr<const Identity>& identity,
                                          std::string_view host, core::WallTime now) {
  Entry entry{
      identity, std::string(host), {}, now, std::min(now + kIdentityAssertionUse, end_of(*identity, now))};
  entry.token = core::sign_jws(assertion_claims(*identity, host, random_.id(), now), keys_.signer(now));
  while (!entries_.empty() && (entries_.front().use_until <= now || entries_.size() >= max_entries_ ||
                               bytes_ + entry.cost() > kBytes)) {
    erase(entries_.begin());
  }
  bytes_ += entry.cost();
  entries_.push_back(std::move(entry));
  const auto last = std::prev(entries_.end());
  by_key_.emplace(Key{last->identity.get(), last->host}, last);
  return *last;
}

void Assertions::erase(Entries::iterator entry) {
  bytes_ -= entry->cost();
  by_key_.erase(Key{entry->identity.get(), entry->host});
  entries_.erase(entry);
}

}  // namespace gateway

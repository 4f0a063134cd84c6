#include "gateway/oidc/session_refresh.h"

#include <utility>

#include "core/http/fields.h"
#include "core/loop/wait.h"

namespace gateway {
namespace {

std::unexpected<core::Error> ended() {
  return core::failure(core::ErrorKind::not_found, core::Side::provider, "the session has ended");
}

/// As Authorization has it (RFC 6750 section 2.1); empty for a token that no field can hold.
core::Secret bearer(const core::Secret& token) {
  if (token.empty() || !core::is_field_value(token.reveal())) return {};
  std::string value = "Bearer ";
  value.append(token.reveal());
  return core::Secret::take(value);
}

}  // namespace

core::Flow<CurrentSession> SessionRefresh::current(std::shared_ptr<const Identity> identity) {
  core::Result<StoredSession> stored = co_await core::attempt(parts_.store.load(identity->session_id));
  if (!stored && stored.error().kind == core::ErrorKind::not_found) {
    co_await core::attempt(end(*identity));
    co_return ended();
  }
  if (!stored) co_return core::failure(std::move(stored.error()));
  if (is_due(*stored)) stored = co_await core::attempt(renew(std::move(*stored)));
  if (!stored) co_return core::failure(std::move(stored.error()));
  co_return current_of(std::move(*stored));
}

/// Where nothing can be asked the claims are as good as they get.
CurrentSession SessionRefresh::current_of(StoredSession session) const {
  const bool is_asked = !session.tokens.refresh_token.empty();
  std::shared_ptr<const ForwardedTokens> tokens = forwarded_of(session.tokens);
  return {std::make_shared<const Identity>(std::move(session.identity)),
          is_asked ? session.refreshed_at : parts_.clock.wall(), std::move(tokens)};
}

std::shared_ptr<const ForwardedTokens> SessionRefresh::forwarded_of(const Tokens& tokens) const {
  if (!parts_.forwarded.access && !parts_.forwarded.id) return nullptr;
  ForwardedTokens forwarded;
  if (parts_.forwarded.access) forwarded.access = bearer(tokens.access_token);
  if (parts_.forwarded.id) forwarded.id = bearer(tokens.id_token);
  return std::make_shared<const ForwardedTokens>(std::move(forwarded));
}

/// What nobody is sent is not kept.
core::Flow<> SessionRefresh::save(StoredSession session) {
  if (!parts_.forwarded.access) session.tokens.access_token = core::Secret();
  return parts_.store.save(std::move(session));
}

bool SessionRefresh::is_due(const StoredSession& session) const {
  return parts_.settings.refresh && !session.tokens.refresh_token.empty() &&
         parts_.clock.wall() >= session.refreshed_at + *parts_.settings.refresh;
}

Provider* SessionRefresh::provider_of(const Identity& identity) const {
  for (const std::unique_ptr<Provider>& provider : parts_.providers) {
    if (provider->name() == identity.provider) return provider.get();
  }
  return nullptr;
}

core::Flow<StoredSession> SessionRefresh::renew(StoredSession session) {
  const auto pause = paused_until_.find(session.identity.provider);
  const bool is_paused = pause != paused_until_.end() && parts_.loop.now() < pause->second;
  if (is_paused || provider_of(session.identity) == nullptr) co_return std::move(session);
  const std::string id = session.identity.session_id;
  const std::string holder = parts_.random.hex_id();
  const core::Result<core::Done> locked = co_await core::attempt(parts_.store.lock(id, holder));
  if (!locked && locked.error().kind == core::ErrorKind::conflict) {
    StoredSession other = co_await wait_for_other(std::move(session));
    co_return std::move(other);
  }
  if (!locked) co_return core::failure(locked.error());
  core::Result<StoredSession> renewed = co_await core::attempt(renew_locked(id));
  co_await core::attempt(parts_.store.unlock(id, holder));
  co_return std::move(renewed);
}

/// Looks again first: another may have been faster, and a refresh token is often good for once only.
core::Flow<StoredSession> SessionRefresh::renew_locked(std::string session_id) {
  core::Result<StoredSession> found = co_await core::attempt(parts_.store.load(session_id));
  if (!found && found.error().kind == core::ErrorKind::not_found) co_return ended();
  if (!found) co_return core::failure(std::move(found.error()));
  Provider* provider = provider_of(found->identity);
  if (!is_due(*found) || provider == nullptr) co_return std::move(*found);
  StoredSession asked = co_await ask(provider, std::move(*found));
  co_return std::move(asked);
}

core::Flow<StoredSession> SessionRefresh::ask(Provider* provider, StoredSession session) {
  RefreshGrant grant;
  grant.refresh_token = session.tokens.refresh_token;
  grant.before = session.identity;
  grant.now = parts_.clock.wall();
  core::Result<SignedIn> answer = co_await core::attempt(provider->refresh(std::move(grant)));
  if (!answer && is_final(answer.error())) {
    parts_.log.info("a session ends: its provider does not vouch for it any more",
                    {{"provider", provider->name()}, {"error", answer.error().text}});
    co_await end(session.identity);
    co_return ended();
  }
  if (!answer) {
    leave_alone(*provider, answer.error());
    co_return std::move(session);
  }
  StoredSession next;
  next.identity = std::move(answer->identity);
  next.tokens = std::move(answer->tokens);
  if (next.tokens.refresh_token.empty()) next.tokens.refresh_token = session.tokens.refresh_token;
  if (next.tokens.id_token.empty()) next.tokens.id_token = session.tokens.id_token;
  next.refreshed_at = parts_.clock.wall();
  if (answer->unchecked) {
    // The refresh token before it may be used up.
    next.refreshed_at = session.refreshed_at;
    leave_alone(*provider, *answer->unchecked);
  }
  co_await save(next);
  co_return next;
}

void SessionRefresh::leave_alone(const Provider& provider, const core::Error& error) {
  parts_.log.warn("a session could not be checked with its provider",
                  {{"provider", provider.name()}, {"error", error.text}});
  paused_until_[provider.name()] = parts_.loop.now() + kProviderPause;
}

/// Gives what there was if the other takes too long.
core::Flow<StoredSession> SessionRefresh::wait_for_other(StoredSession session) {
  const std::string id = session.identity.session_id;
  const core::SteadyTime end = parts_.loop.now() + kRefreshWait;
  while (is_due(session) && parts_.loop.now() < end) {
    co_await core::sleep_for(parts_.loop, kRefreshLook);
    core::Result<StoredSession> found = co_await core::attempt(parts_.store.load(id));
    if (!found && found.error().kind == core::ErrorKind::not_found) co_return ended();
    if (!found) co_return core::failure(std::move(found.error()));
    session = std::move(*found);
  }
  co_return std::move(session);
}

/// First on the list, which counts whether the store can be written or not.
core::Flow<> SessionRefresh::end(Identity identity) {
  const Revocation revocation = revocation_of(identity);
  const core::Result<core::Done> kept = co_await core::attempt(parts_.revocations.revoke(revocation));
  co_await core::attempt(parts_.store.remove(identity.session_id));
  co_return kept;
}

core::Flow<> SessionRefresh::keep(SignedIn signed_in) {
  StoredSession session;
  session.identity = std::move(signed_in.identity);
  session.tokens = std::move(signed_in.tokens);
  session.refreshed_at = parts_.clock.wall();
  const bool is_askable = provider_of(session.identity) != nullptr;
  if (is_askable && parts_.settings.refresh && session.tokens.refresh_token.empty()) {
    parts_.log.warn(
        "a session is not checked again: its provider gave no refresh token; most do for the scope "
        "offline_access",
        {{"provider", session.identity.provider}});
  }
  return save(std::move(session));
}

core::Flow<core::Secret> SessionRefresh::forget(std::string session_id) {
  core::Result<StoredSession> stored = co_await core::attempt(parts_.store.load(session_id));
  co_await parts_.store.remove(session_id);
  core::Secret id_token;
  if (stored) id_token = std::move(stored->tokens.id_token);
  co_return id_token;
}

}  // namespace gateway

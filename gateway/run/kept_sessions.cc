#include "gateway/run/kept_sessions.h"

#include <utility>

#include "gateway/oidc/make_provider.h"

namespace gateway {

core::Result<std::unique_ptr<KeptSessions>> KeptSessions::make(const KeptSessionsParts& parts) {
  const config::SessionSettings& settings = parts.config.login.session;
  if (settings.store == config::SessionStoreKind::cookie) return nullptr;
  std::unique_ptr<KeptSessions> kept(new KeptSessions());
  kept->kind_ = settings.store;
  if (settings.store == config::SessionStoreKind::memory) {
    const bool is_there = parts.before != nullptr && parts.before->kind_ == settings.store;
    kept->own_ = is_there ? parts.before->own_ : core::make_memory_storage(parts.process.clock);
  } else if (settings.store == config::SessionStoreKind::redis) {
    auto opened = open_redis(settings.store_redis, "login.session.store", parts.process);
    if (!opened) return core::failure(std::move(opened.error()));
    kept->own_ = std::move(*opened);
  }
  core::Storage& storage = kept->own_ != nullptr ? *kept->own_ : parts.storage;
  kept->store_ = std::make_unique<SessionStore>(storage, parts.keys, parts.process.random);
  kept->kept_claims_ = named_claims(parts.config);
  ProviderDirectory& directory = parts.directory;
  for (const config::Provider& provider : parts.config.login.providers) {
    core::Result<core::HttpClient*> client = parts.process.network.http_client(provider);
    if (!client) return core::failure(std::move(client.error()).during("provider " + provider.name));
    const RefetchKeys refetch = [&directory, name = provider.name] { return directory.refetch_keys(name); };
    kept->providers_.push_back(
        make_provider({provider, **client, directory, kept->kept_claims_, refetch, parts.process.random}));
  }
  const ForwardedKinds forwarded{parts.config.forwards(config::ForwardToken::access),
                                 parts.config.forwards(config::ForwardToken::id)};
  kept->sessions_ = std::make_unique<SessionRefresh>(
      SessionRefreshParts{*kept->store_, parts.revocations, kept->providers_, settings, parts.process.loop,
                          parts.process.random, parts.process.clock, parts.process.log, forwarded});
  return kept;
}

}  // namespace gateway

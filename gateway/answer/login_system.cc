#include "gateway/answer/login_system.h"

#include <algorithm>
#include <set>
#include <utility>

#include "gateway/guard/open_guard.h"
#include "gateway/oidc/github_provider.h"
#include "gateway/oidc/standard_provider.h"

namespace gateway {
namespace {

/// A flow of control that keeps what it needs by value: the question may outlive the worker's asker.
core::Flow<> refetch(ProviderDirectory* directory, std::string provider) {
  co_await directory->refetch_keys(provider);
  co_return core::done();
}

core::Flow<> revoke(RevocationList* list, Revocation revocation) {
  co_await list->revoke(std::move(revocation));
  co_return core::done();
}

core::Flow<> record(LogoutRegister* logouts, LogoutNotice notice) {
  co_await logouts->record(std::move(notice));
  co_return core::done();
}

RefetchKeys asking_for_keys(const LoginShared& shared, core::AskDesk& mine, const std::string& provider) {
  return [&desk = shared.desk, &mine, directory = &shared.directory, provider] {
    return core::ask<core::Done>(mine, desk, [directory, provider] { return refetch(directory, provider); });
  };
}

Revoke asking_to_revoke(const LoginShared& shared, core::AskDesk& mine) {
  return [&desk = shared.desk, &mine, list = &shared.revocations](Revocation revocation) {
    return core::ask<core::Done>(mine, desk, [list, revocation] { return revoke(list, revocation); });
  };
}

RecordLogout asking_to_record(const LoginShared& shared, core::AskDesk& mine) {
  return [&desk = shared.desk, &mine, logouts = &shared.logouts](LogoutNotice notice) {
    return core::ask<core::Done>(mine, desk, [logouts, notice] { return record(logouts, notice); });
  };
}

core::Flow<CurrentSession> find_current(SessionRefresh* sessions, std::shared_ptr<const Identity> identity) {
  CurrentSession current = co_await sessions->current(std::move(identity));
  co_return current;
}

core::Flow<> keep(SessionRefresh* sessions, SignedIn signed_in) {
  co_await sessions->keep(std::move(signed_in));
  co_return core::done();
}

core::Flow<core::Secret> forget(SessionRefresh* sessions, std::string session_id) {
  core::Secret id_token = co_await sessions->forget(std::move(session_id));
  co_return id_token;
}

FindCurrent asking_for_sessions(const LoginShared& shared, core::AskDesk& mine) {
  return [&desk = shared.desk, &mine,
          sessions = shared.stored_sessions](std::shared_ptr<const Identity> identity) {
    return core::ask<CurrentSession>(mine, desk,
                                     [sessions, identity] { return find_current(sessions, identity); });
  };
}

core::Flow<> keep_nothing() {
  co_return core::done();
}

KeepSession asking_to_keep(const LoginShared& shared, core::AskDesk& mine) {
  if (shared.stored_sessions == nullptr) return [](SignedIn) { return keep_nothing(); };
  return [&desk = shared.desk, &mine, sessions = shared.stored_sessions](SignedIn signed_in) {
    return core::ask<core::Done>(mine, desk, [sessions, signed_in] { return keep(sessions, signed_in); });
  };
}

ForgetSession asking_to_forget(const LoginShared& shared, core::AskDesk& mine) {
  return [&desk = shared.desk, &mine, sessions = shared.stored_sessions](std::string session_id) {
    return core::ask<core::Secret>(mine, desk,
                                   [sessions, session_id] { return forget(sessions, session_id); });
  };
}

}  // namespace

LoginSystem::LoginSystem(LoginShared shared, LoginWorker worker)
    : shared_(shared),
      worker_(std::move(worker)),
      names_(shared.config.login.session),
      targets_(shared.config),
      kept_claims_(named_claims(shared.config)),
      pages_(shared.config.login.page_title),
      answers_(pages_, shared.config.login, worker_.log, worker_.audit),
      policies_(shared.policies),
      assertions_(shared.keys, worker_.random) {
  const config::Login& settings = shared_.config.login;
  make_providers();
  sessions_ =
      std::make_unique<Sessions>(SessionParts{settings.session, settings.providers, names_, shared_.keys,
                                              shared_.revocations.published(), worker_.random});
  live_sessions_ = std::make_unique<LiveSessions>(settings.session, *sessions_,
                                                  asking_for_sessions(shared_, worker_.desk));
  login_ = std::make_unique<Login>(LoginParts{settings, targets_, names_, shared_.keys, *sessions_, answers_,
                                              shared_.redeemed, providers_, worker_.random,
                                              asking_to_keep(shared_, worker_.desk), worker_.audit});
  SignOutParts sign_out{settings,   targets_,       names_, shared_.keys, *sessions_,   answers_,
                        providers_, worker_.random, {},     {},           worker_.audit};
  sign_out.revoke = asking_to_revoke(shared_, worker_.desk);
  sign_out.forget = asking_to_forget(shared_, worker_.desk);
  sign_out_ = std::make_unique<SignOut>(std::move(sign_out));
  make_provider_sign_out();
  make_tokens();
  endpoints_ = std::make_unique<LoginEndpoints>(LoginEndpointParts{
      settings, *live_sessions_, *login_, *sign_out_, *provider_sign_out_, answers_, assertions_});
}

LoginSystem::~LoginSystem() = default;

void LoginSystem::make_providers() {
  for (const config::Provider& provider : shared_.config.login.providers) {
    if (provider.type == config::ProviderType::github) {
      providers_.push_back(std::make_unique<GithubProvider>(
          GithubProviderParts{provider, worker_.client(provider), kept_claims_}));
      continue;
    }
    providers_.push_back(std::make_unique<StandardProvider>(StandardProviderParts{
        provider, worker_.client(provider), shared_.directory.state(provider.name), kept_claims_,
        asking_for_keys(shared_, worker_.desk, provider.name), worker_.random}));
  }
}

void LoginSystem::make_provider_sign_out() {
  const config::Login& settings = shared_.config.login;
  ProviderSignOutParts parts{settings, *sessions_, {}, {}, {}, worker_.log, worker_.audit};
  parts.revoke = asking_to_revoke(shared_, worker_.desk);
  parts.record = asking_to_record(shared_, worker_.desk);
  for (const config::Provider& provider : settings.providers) {
    if (provider.type == config::ProviderType::github) continue;  // writes no tokens
    parts.issuers.push_back({provider, IssuerKeys(shared_.directory.state(provider.name),
                                                  asking_for_keys(shared_, worker_.desk, provider.name))});
  }
  provider_sign_out_ = std::make_unique<ProviderSignOut>(std::move(parts));
}

void LoginSystem::make_tokens() {
  const std::vector<config::Client>& clients = shared_.config.login.clients;
  if (clients.empty()) return;
  TokenQuestions::Parts asking{{}, kept_claims_, worker_.random, worker_.loop, worker_.log};
  std::vector<TokenIssuer> issuers;
  for (const config::Client& client : clients) {
    const std::string& name = client.issuer.name;
    const core::Published<ProviderState>& state = shared_.directory.state(name);
    issuers.push_back({client, IssuerKeys(state, asking_for_keys(shared_, worker_.desk, name))});
    core::HttpClient& http = worker_.client(client.issuer);
    asking.issuers.push_back(std::make_unique<AskableIssuer>(AskableIssuer{client, http, state}));
  }
  questions_ = std::make_unique<TokenQuestions>(std::move(asking));
  tokens_ = std::make_unique<BearerTokens>(
      BearerTokenParts{std::move(issuers), *questions_, kept_claims_, worker_.log});
}

BearerGuardRule LoginSystem::token_rule(std::size_t policy) {
  BearerGuardRule rule{policy, {}, {}};
  const auto add = [](std::vector<std::string>& list, const std::string& text) {
    if (std::ranges::find(list, text) == list.end()) list.push_back(text);
  };
  const std::set<std::string> names = policies_.current().clients_of(policy);
  const std::vector<config::Client>& clients = shared_.config.login.clients;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const config::Client& client = clients[i];
    if (!names.contains(client.name)) continue;
    add(rule.hints.issuers, client.issuer.issuer);
    for (const std::string& scope : client.scopes) add(rule.hints.scopes, scope);
    if (!client.introspection_cache) continue;
    rule.asked.issuers.push_back(i);
    rule.asked.id.append(" ").append(client.name);
  }
  return rule;
}

std::unique_ptr<Guard> LoginSystem::make_guard(const config::Access& access,
                                               config::Unauthenticated unauthenticated,
                                               const config::SignIn& sign_in) {
  if (access.kind == config::AccessKind::open) return std::make_unique<OpenGuard>();
  const LoginGuardParts parts{*sessions_, *live_sessions_, *login_, answers_, policies_, worker_.audit};
  // Access that was never set: behind the end of the policies, where nobody is let in.
  const std::size_t policy =
      access.kind == config::AccessKind::policy ? access.policy : shared_.config.policies.size();
  auto people = std::make_unique<LoginGuard>(LoginGuardRule{policy, unauthenticated, sign_in}, parts);
  if (tokens_ == nullptr) return people;
  return std::make_unique<BearerGuard>(
      token_rule(policy), BearerGuardParts{*tokens_, policies_, worker_.audit}, std::move(people));
}

}  // namespace gateway

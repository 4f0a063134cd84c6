#include "gateway/answer/login_system.h"

#include <algorithm>
#include <set>
#include <utility>

#include "config/policy_providers.h"
#include "gateway/answer/control_questions.h"
#include "gateway/guard/certificate_guard.h"
#include "gateway/guard/open_guard.h"
#include "gateway/oidc/make_provider.h"

namespace gateway {
namespace {

std::shared_ptr<const Pages> pages_of(const LoginShared& shared) {
  if (shared.pages != nullptr) return shared.pages;
  return std::make_shared<const Pages>(plain_look(shared.config.login));
}

core::Flow<> ask_for_access(ApprovalList* list, Approval request, AuditNote note) {
  co_await list->ask(std::move(request), std::move(note));
  co_return core::done();
}

core::Flow<std::vector<Approval>> all_approvals(ApprovalList* list) {
  co_return list->all();
}

core::Flow<Approval> decide(ApprovalList* list, ApprovalDecision decision) {
  Approval decided = co_await list->decide(std::move(decision));
  co_return decided;
}

AskForAccess asking_for_access(const LoginShared& shared, core::AskDesk& mine) {
  if (shared.approvals == nullptr) return {};
  return [&desk = shared.desk, &mine, list = shared.approvals](Approval request, AuditNote note) {
    return core::ask<core::Done>(mine, desk,
                                 [list, request, note] { return ask_for_access(list, request, note); });
  };
}

}  // namespace

LoginSystem::LoginSystem(LoginShared shared, LoginWorker worker)
    : shared_(shared),
      worker_(std::move(worker)),
      names_(shared.config.login.session),
      targets_(shared.config),
      kept_claims_(named_claims(shared.config)),
      pages_(pages_of(shared)),
      answers_(*pages_, shared.config.login, worker_.log, worker_.audit),
      limits_(shared.config.login, worker_.rates, worker_.loop),
      refusals_(limits_, answers_, worker_.audit),
      strangers_(worker_.audit, worker_.rates, worker_.loop),
      policies_(shared.policies),
      form_tokens_(shared.keys, worker_.random, strangers_),
      assertions_(shared.keys, worker_.random) {
  const config::Login& settings = shared_.config.login;
  make_providers();
  sessions_ = std::make_unique<Sessions>(SessionParts{
      settings.session, settings.providers, names_, shared_.keys, shared_.revocations.published(),
      worker_.random, settings.break_glass ? &*settings.break_glass : nullptr});
  live_sessions_ = std::make_unique<LiveSessions>(settings.session, *sessions_,
                                                  asking_for_sessions(shared_, worker_.desk));
  login_ = std::make_unique<Login>(
      LoginParts{settings, targets_, names_, shared_.keys, *sessions_, answers_, shared_.redeemed, providers_,
                 worker_.random, asking_to_keep(shared_, worker_.desk), worker_.audit,
                 asking_to_note(shared_, worker_.desk), limits_, asking_to_revoke(shared_, worker_.desk)});
  SignOutParts sign_out{settings, targets_,      names_,         shared_.keys, *sessions_,
                        answers_, providers_,    worker_.random, {},           {},
                        {},       worker_.audit, form_tokens_,   strangers_};
  sign_out.revoke = asking_to_revoke(shared_, worker_.desk);
  sign_out.forget = asking_to_forget(shared_, worker_.desk);
  sign_out.tidy = asking_to_tidy(shared_, worker_.desk);
  sign_out_ = std::make_unique<SignOut>(std::move(sign_out));
  make_provider_sign_out();
  make_tokens();
  make_token_pages();
  make_devices();
  make_certificates();
  make_approvals();
  make_break_glass();
  account_pages_ = std::make_unique<AccountPages>(
      AccountPagesParts{shared_.config, *live_sessions_, *login_, *sign_out_, answers_, *pages_, policies_,
                        form_tokens_, worker_.audit, asking_about_sessions(shared_, worker_.desk)});
  endpoints_ = std::make_unique<LoginEndpoints>(LoginEndpointParts{
      settings, *live_sessions_, *login_, *sign_out_, *provider_sign_out_, answers_, assertions_,
      *account_pages_, token_pages_.get(), devices_.get(), approvals_.get(), break_glass_.get()});
}

LoginSystem::~LoginSystem() = default;

void LoginSystem::make_providers() {
  for (const config::Provider& provider : shared_.config.login.providers) {
    providers_.push_back(
        make_provider({provider, worker_.client(provider), shared_.directory, kept_claims_,
                       asking_for_keys(shared_, worker_.desk, provider.name), worker_.random}));
  }
}

void LoginSystem::make_provider_sign_out() {
  const config::Login& settings = shared_.config.login;
  ProviderSignOutParts parts{settings, *sessions_, {}, {}, {}, worker_.log, worker_.audit, strangers_};
  parts.revoke = asking_to_revoke(shared_, worker_.desk);
  parts.record = asking_to_record(shared_, worker_.desk);
  for (const config::Provider& provider : settings.providers) {
    if (provider.type == config::ProviderType::github) continue;  // writes no tokens
    parts.issuers.push_back({provider, IssuerKeys(shared_.directory.state(provider.name),
                                                  asking_for_keys(shared_, worker_.desk, provider.name))});
  }
  provider_sign_out_ = std::make_unique<ProviderSignOut>(std::move(parts));
}

void LoginSystem::make_approvals() {
  access_requests_ = std::make_unique<AccessRequests>(
      AccessRequestParts{shared_.config.login, policies_, *login_, form_tokens_, worker_.audit,
                         asking_for_access(shared_, worker_.desk)});
  if (shared_.approvals == nullptr) return;
  ApprovalPageParts parts{shared_.config, *live_sessions_,   *login_,       answers_, policies_,
                          form_tokens_,   *access_requests_, worker_.audit, {},       {}};
  parts.list = [&desk = shared_.desk, &mine = worker_.desk, list = shared_.approvals] {
    return core::ask<std::vector<Approval>>(mine, desk, [list] { return all_approvals(list); });
  };
  parts.decide = [&desk = shared_.desk, &mine = worker_.desk,
                  list = shared_.approvals](ApprovalDecision decision) {
    return core::ask<Approval>(mine, desk, [list, decision] { return decide(list, decision); });
  };
  approvals_ = std::make_unique<ApprovalPages>(std::move(parts));
}

void LoginSystem::make_break_glass() {
  if (shared_.break_glass == nullptr) return;
  BreakGlassEndpointParts parts{
      shared_.config.login, targets_, names_, *sessions_, answers_, *pages_, {}, {}, {}};
  parts.check = asking_to_check(shared_, worker_.desk);
  parts.keep = asking_to_keep(shared_, worker_.desk);
  parts.note = asking_to_note(shared_, worker_.desk);
  break_glass_ = std::make_unique<BreakGlassEndpoint>(std::move(parts));
}

void LoginSystem::make_tokens() {
  const std::vector<config::Client>& clients = shared_.config.login.clients;
  if (shared_.tokens != nullptr) {
    personal_ = std::make_unique<PersonalBearer>(shared_.tokens->published(), shared_.revocations.published(),
                                                 shared_.config.login);
  }
  if (clients.empty() && personal_ == nullptr) return;
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
      BearerTokenParts{std::move(issuers), *questions_, personal_.get(), kept_claims_, worker_.log});
}

void LoginSystem::make_token_pages() {
  if (shared_.tokens == nullptr) return;
  TokenPagesParts parts{shared_.config,
                        *live_sessions_,
                        *login_,
                        answers_,
                        *pages_,
                        policies_,
                        shared_.tokens->published(),
                        form_tokens_,
                        worker_.random,
                        worker_.audit,
                        {},
                        {}};
  parts.create = asking_to_create(shared_, worker_.desk, worker_.audit);
  parts.revoke = asking_to_revoke_token(shared_, worker_.desk);
  token_pages_ = std::make_unique<TokenPages>(std::move(parts));
}

void LoginSystem::make_devices() {
  if (shared_.devices == nullptr || shared_.tokens == nullptr) return;
  devices_ = std::make_unique<DeviceEndpoints>(DeviceEndpointParts{
      shared_.config, *live_sessions_, *login_, answers_, *pages_, policies_, form_tokens_, shared_.keys,
      worker_.random, worker_.audit, asking_about_devices(shared_, worker_.desk, worker_.audit)});
}

void LoginSystem::make_certificates() {
  const std::vector<config::CertificateClient>& clients = shared_.config.login.certificate_clients;
  if (clients.empty() || shared_.demands == nullptr) return;
  demands_.emplace(*shared_.demands);
  certificates_ =
      std::make_unique<CertificateIdentities>(CertificateIdentityParts{clients, kept_claims_, worker_.log});
}

/// Where the policy names none of them, a certificate says nothing about who somebody is.
std::unique_ptr<Guard> LoginSystem::behind_certificates(std::size_t policy, std::unique_ptr<Guard> people) {
  if (certificates_ == nullptr) return people;
  CertificateGuardRule rule{policy, {}, shared_.config.login.session.same_site};
  const std::set<std::string> names = policies_.current().clients_of(policy);
  for (const config::CertificateClient& client : shared_.config.login.certificate_clients) {
    if (names.contains(client.name)) rule.clients.insert(client.name);
  }
  if (rule.clients.empty()) return people;
  return std::make_unique<CertificateGuard>(
      std::move(rule), CertificateGuardParts{*certificates_, *demands_, policies_, answers_, refusals_},
      std::move(people));
}

BearerGuardRule LoginSystem::token_rule(std::size_t policy) {
  BearerGuardRule rule{policy, {}, {}};
  rule.hints.takes_personal = personal_ != nullptr;
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
  const LoginGuardParts parts{*sessions_, *live_sessions_, *login_,           answers_,
                              policies_,  refusals_,       *access_requests_, strangers_};
  // Access that was never set: behind the end of the policies, where nobody is let in.
  const std::size_t policy =
      access.kind == config::AccessKind::policy ? access.policy : shared_.config.policies.size();
  config::SignIn asked = sign_in;
  if (asked.providers.empty()) asked.providers = config::providers_admitted(shared_.config, policy);
  std::unique_ptr<Guard> people =
      std::make_unique<LoginGuard>(LoginGuardRule{policy, unauthenticated, std::move(asked)}, parts);
  people = behind_certificates(policy, std::move(people));
  if (tokens_ == nullptr) return people;
  return std::make_unique<BearerGuard>(
      token_rule(policy), BearerGuardParts{*tokens_, policies_, refusals_, strangers_}, std::move(people));
}

}  // namespace gateway
